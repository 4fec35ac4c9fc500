#include "formats/neural_network/recurrent.h"

#include "formats/neural_network/activation.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using A = proto::ActivationParams;

struct Known {
  uint32_t field;
  std::string_view name;
  double alpha, beta;  // what MIL's name stands for
};
constexpr Known kKnown[] = {{A::kTanh, "tanh", 0, 0},     {A::kSigmoid, "sigmoid", 0, 0},
                            {A::kReLU, "relu", 0, 0},     {A::kSigmoidHard, "hard_sigmoid", 0.2, 0.5},
                            {A::kLinear, "linear", 1, 0}, {A::kScaledTanh, "scaled_tanh", 1, 1}};

bool parameters_left_out(const Message& params) {
  return params.f32(proto::ActivationLinear::kAlpha) == 0 && params.f32(proto::ActivationLinear::kBeta) == 0;
}

}  // namespace

GateActivation gate_activation(LayerContext& c, const Message& activation) {
  for (const Known& known : kKnown) {
    if (!activation.has(known.field)) continue;
    const Message params = activation.message(known.field);
    const bool left_out = parameters_left_out(params);
    if (left_out && known.field == A::kSigmoidHard) {
      c.network().note(
          "sigmoidHard of a recurrent layer is stored without alpha and beta (read as 0, which would make "
          "its gates "
          "constant): taken as the hard sigmoid 0.2 x + 0.5, which its writers mean");
    }
    const bool same = params.f32(proto::ActivationLinear::kAlpha) == static_cast<float>(known.alpha) &&
                      params.f32(proto::ActivationLinear::kBeta) == static_cast<float>(known.beta);
    if (left_out || same) return {known.name, activation};
  }
  return {"", activation};
}

Result<ValueId> apply_gate(LayerContext& c, const GateActivation& activation, ValueId x) {
  for (const Known& known : kKnown) {
    if (known.name != activation.name) continue;
    if (known.field == A::kSigmoidHard)
      return c.op("sigmoid_hard", {{"x", x}, {"alpha", known.alpha}, {"beta", known.beta}});
    if (known.field == A::kLinear) return x;
    if (known.field == A::kScaledTanh)
      return c.op("scaled_tanh", {{"x", x}, {"alpha", known.alpha}, {"beta", known.beta}});
    return c.op(known.name, {{"x", x}});
  }
  return apply_activation(c, activation.params, x);
}

ValueId sequence_input(LayerContext& c, int64_t channels) {
  if (c.rank() != 5) {
    c.builder().fail(
        c.bad(fmt::format("an input of rank {}, expected [Seq, Batch, {}, 1, 1]", c.rank(), channels)));
    return {};
  }
  const ValueId x = c.squeeze(c.input(), {3, 4});
  if (c.builder().ok() && (c.builder().rank(x) != 3 || c.dim(x, 2) != channels)) {
    c.builder().fail(c.bad(fmt::format("an input of shape {}, expected [Seq, Batch, {}, 1, 1]",
                                       to_string(c.shape(c.held())), channels)));
    return {};
  }
  return x;
}

ValueId state_input(LayerContext& c, size_t i, int64_t channels, ValueId sequence) {
  if (c.input_count() > i) return c.reshape(c.held(i), {kUnknownSize, channels});
  const int64_t batch = c.dim(sequence, 1);
  if (batch == kUnknownSize) {
    c.builder().fail(c.unsupported("a flexible batch size needs the initial state as an input"));
    return {};
  }
  return c.op("fill", {{"shape", std::vector<int64_t>{batch, channels}}, {"value", 0.0}});
}

void set_state(LayerContext& c, ValueId state, size_t i) { c.set_blob({c.expand(state, {2, 3}), 1}, i); }

void set_sequence(LayerContext& c, ValueId sequence, ValueId last, bool whole) {
  if (whole && c.dim(sequence, 0) != 1) {
    c.set(c.expand(sequence, {3, 4}));
  } else {
    set_state(c, last, 0);  // a sequence of one step is its end
  }
}

}  // namespace wf
