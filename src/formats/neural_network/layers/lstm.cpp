// Long short-term memory in one and in both directions.
#include "formats/neural_network/recurrent.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;
using Uni = proto::UniDirectionalLSTMLayerParams;
using Bi = proto::BiDirectionalLSTMLayerParams;
using W = proto::LSTMWeightParams;

// Sequences beyond this are not unrolled step by step.
constexpr int64_t kLongestUnrolled = 256;

struct Lstm {
  int64_t inputs = 1, outputs = 1;
  bool whole = false, biases = false, peepholes = false, coupled = false;
  double clip = 0;
};

Lstm read_lstm(LayerContext& c, uint32_t inputs, uint32_t outputs, uint32_t params_field) {
  using P = proto::LSTMParams;
  const Message params = c.params().message(params_field);
  Lstm lstm;
  lstm.inputs = c.size(c.params().u64(inputs), "inputVectorSize");
  lstm.outputs = c.size(c.params().u64(outputs), "outputVectorSize");
  lstm.whole = params.flag(P::kSequenceOutput);
  lstm.biases = params.flag(P::kHasBiasVectors);
  if (params.flag(P::kForgetBias)) {
    // By the words of the format a vector of ones is added. The networks that set it come from Keras, whose
    // trained biases contain those ones: with them added again the outputs differ from Keras', without they
    // are equal.
    c.network().note(
        "forgetBias of an LSTM is set: taken as contained in the stored biases, as its writers mean it");
  }
  lstm.peepholes = params.flag(P::kHasPeepholeVectors);
  lstm.coupled = params.flag(P::kCoupledInputAndForgetGate);
  const float clip = params.f32(P::kCellClipThreshold);
  lstm.clip = clip == 0 ? 50 : static_cast<double>(clip);
  return lstm;
}

// One direction: gates merged in the order input, forget, output, block input.
struct Direction {
  ValueId weight_ih, weight_hh, bias, peephole;
  GateActivation recurrent, cell, output;
};

ValueId merged(LayerContext& c, const Message& weights, std::initializer_list<uint32_t> fields, Shape shape,
               std::string_view what) {
  std::vector<float> all;
  for (const uint32_t field : fields) {
    const std::vector<float> part = c.floats(weights.message(field), shape, what);
    all.insert(all.end(), part.begin(), part.end());
  }
  shape[0] *= static_cast<int64_t>(fields.size());
  return c.constant(shape, all, what);
}

Result<Direction> read_direction(LayerContext& c, const Lstm& lstm, const Message& weights,
                                 const std::vector<Message>& activations) {
  if (activations.size() != 3) return c.bad(fmt::format("{} activations, expected 3", activations.size()));
  Direction d;
  d.weight_ih = merged(c, weights,
                       {W::kInputGateWeightMatrix, W::kForgetGateWeightMatrix, W::kOutputGateWeightMatrix,
                        W::kBlockInputWeightMatrix},
                       {lstm.outputs, lstm.inputs}, "weight_ih");
  d.weight_hh = merged(c, weights,
                       {W::kInputGateRecursionMatrix, W::kForgetGateRecursionMatrix,
                        W::kOutputGateRecursionMatrix, W::kBlockInputRecursionMatrix},
                       {lstm.outputs, lstm.outputs}, "weight_hh");
  if (lstm.biases) {
    d.bias = merged(c, weights,
                    {W::kInputGateBiasVector, W::kForgetGateBiasVector, W::kOutputGateBiasVector,
                     W::kBlockInputBiasVector},
                    {lstm.outputs}, "bias");
  }
  if (lstm.peepholes) {
    d.peephole = merged(
        c, weights, {W::kInputGatePeepholeVector, W::kForgetGatePeepholeVector, W::kOutputGatePeepholeVector},
        {lstm.outputs}, "peephole");
  }
  d.recurrent = gate_activation(c, activations[0]);
  d.cell = gate_activation(c, activations[1]);
  d.output = gate_activation(c, activations[2]);
  return d;
}

bool fits_operation(const Lstm& lstm, const Direction& d) {
  return !lstm.coupled && !d.recurrent.name.empty() && !d.cell.name.empty() && !d.output.name.empty();
}

void add_direction(Builder::ArgumentList& arguments, const Direction& d, bool back) {
  arguments.emplace_back(back ? "weight_ih_back" : "weight_ih", d.weight_ih);
  arguments.emplace_back(back ? "weight_hh_back" : "weight_hh", d.weight_hh);
  if (d.bias.valid()) arguments.emplace_back(back ? "bias_back" : "bias", d.bias);
  if (d.peephole.valid()) arguments.emplace_back(back ? "peephole_back" : "peephole", d.peephole);
}

void add_common(Builder::ArgumentList& arguments, const Lstm& lstm, const Direction& d,
                std::string_view direction) {
  arguments.emplace_back("direction", direction);
  arguments.emplace_back("output_sequence", lstm.whole);
  arguments.emplace_back("recurrent_activation", d.recurrent.name);
  arguments.emplace_back("cell_activation", d.cell.name);
  arguments.emplace_back("activation", d.output.name);
  arguments.emplace_back("clip", lstm.clip);
}

struct States {
  ValueId sequence, h, c;
};

// One step after the other, for what the operation cannot say: coupled gates, or activations with parameters
// of their own. `sequence` comes out in the order of processing.
Result<States> unrolled(LayerContext& c, const Lstm& lstm, const Direction& d, ValueId x, ValueId h,
                        ValueId cell, bool reverse) {
  const int64_t steps = c.dim(x, 0);
  if (steps < 1 || steps > kLongestUnrolled) {
    return c.unsupported(
        fmt::format("coupled gates or activations with own parameters, over a sequence of {} steps; up to {} "
                    "are possible",
                    steps == kUnknownSize ? "flexibly many" : std::to_string(steps), kLongestUnrolled));
  }
  const std::vector<ValueId> inputs =
      steps == 1
          ? std::vector<ValueId>{x}
          : c.op_n("split", {{"x", x}, {"num_splits", steps}, {"axis", 0}}, static_cast<size_t>(steps));
  std::vector<ValueId> peepholes(3);
  if (lstm.peepholes) peepholes = c.op_n("split", {{"x", d.peephole}, {"num_splits", 3}, {"axis", 0}}, 3);
  const auto add_peephole = [&](ValueId gate, size_t i, ValueId state) {
    return lstm.peepholes
               ? c.op("add", {{"x", gate}, {"y", c.op("mul", {{"x", state}, {"y", peepholes[i]}})}})
               : gate;
  };
  std::vector<ValueId> sequence;
  for (size_t t = 0; t < inputs.size(); ++t) {
    const ValueId step = c.squeeze(inputs[reverse ? inputs.size() - 1 - t : t], {0});
    Builder::ArgumentList from_x = {{"x", step}, {"weight", d.weight_ih}};
    if (d.bias.valid()) from_x.emplace_back("bias", d.bias);
    const ValueId sum = c.op(
        "add", {{"x", c.op("linear", from_x)}, {"y", c.op("linear", {{"x", h}, {"weight", d.weight_hh}})}});
    const std::vector<ValueId> gates = c.op_n("split", {{"x", sum}, {"num_splits", 4}, {"axis", -1}}, 4);
    WF_TRY(const ValueId input_gate, apply_gate(c, d.recurrent, add_peephole(gates[0], 0, cell)));
    ValueId forget_gate = c.op("sub", {{"x", 1.0}, {"y", input_gate}});
    if (!lstm.coupled) {
      WF_TRY(forget_gate, apply_gate(c, d.recurrent, add_peephole(gates[1], 1, cell)));
    }
    WF_TRY(const ValueId block_input, apply_gate(c, d.cell, gates[3]));
    const ValueId kept = c.op("mul", {{"x", forget_gate}, {"y", cell}});
    cell = c.op("add", {{"x", kept}, {"y", c.op("mul", {{"x", input_gate}, {"y", block_input}})}});
    cell = c.op("clip", {{"x", cell}, {"alpha", -lstm.clip}, {"beta", lstm.clip}});
    WF_TRY(const ValueId output_gate, apply_gate(c, d.recurrent, add_peephole(gates[2], 2, cell)));
    WF_TRY(const ValueId shown, apply_gate(c, d.output, cell));
    h = c.op("mul", {{"x", output_gate}, {"y", shown}});
    sequence.push_back(h);
  }
  return States{c.op("stack", {{"values", sequence}, {"axis", 0}}), h, cell};
}

Status lower_uni_directional(LayerContext& c) {
  if (c.output_count() != 1 && c.output_count() != 3)
    return c.bad(fmt::format("{} outputs, expected 1 or 3", c.output_count()));
  if (c.input_count() != 1 && c.input_count() != 3)
    return c.bad(fmt::format("{} inputs, expected 1 or 3", c.input_count()));
  const Lstm lstm = read_lstm(c, Uni::kInputVectorSize, Uni::kOutputVectorSize, Uni::kParams);
  const ValueId x = sequence_input(c, lstm.inputs);
  const ValueId h = state_input(c, 1, lstm.outputs, x), cell = state_input(c, 2, lstm.outputs, x);
  const bool reverse = c.params().flag(Uni::kReverseInput);
  WF_TRY(const Direction direction, read_direction(c, lstm, c.params().message(Uni::kWeightParams),
                                                   c.params().messages(Uni::kActivations)));
  States states;
  if (fits_operation(lstm, direction)) {
    Builder::ArgumentList arguments = {{"x", x}, {"initial_h", h}, {"initial_c", cell}};
    add_direction(arguments, direction, false);
    add_common(arguments, lstm, direction, reverse ? "reverse" : "forward");
    const std::vector<ValueId> results = c.op_n("lstm", arguments, 3);
    states = {results[0], results[1], results[2]};
  } else {
    WF_TRY(states, unrolled(c, lstm, direction, x, h, cell, reverse));
  }
  set_sequence(c, states.sequence, states.h, lstm.whole);
  if (c.output_count() == 3) {
    set_state(c, states.h, 1);
    set_state(c, states.c, 2);
  }
  return {};
}

bool same_activations(const Direction& a, const Direction& b) {
  return a.recurrent.name == b.recurrent.name && a.cell.name == b.cell.name && a.output.name == b.output.name;
}

// States come and go as forward h, forward c, backward h, backward c.
Status lower_bi_directional(LayerContext& c) {
  if (c.output_count() != 1 && c.output_count() != 5)
    return c.bad(fmt::format("{} outputs, expected 1 or 5", c.output_count()));
  if (c.input_count() != 1 && c.input_count() != 5)
    return c.bad(fmt::format("{} inputs, expected 1 or 5", c.input_count()));
  const Lstm lstm = read_lstm(c, Bi::kInputVectorSize, Bi::kOutputVectorSize, Bi::kParams);
  const std::vector<Message> weights = c.params().messages(Bi::kWeightParams);
  if (weights.size() != 2) return c.bad(fmt::format("{} sets of weights, expected 2", weights.size()));
  const ValueId x = sequence_input(c, lstm.inputs);
  std::vector<ValueId> initial;
  for (size_t i = 1; i <= 4; ++i) initial.push_back(state_input(c, i, lstm.outputs, x));
  WF_TRY(const Direction forward,
         read_direction(c, lstm, weights[0], c.params().messages(Bi::kActivationsForwardLSTM)));
  WF_TRY(const Direction backward,
         read_direction(c, lstm, weights[1], c.params().messages(Bi::kActivationsBackwardLSTM)));

  const auto joined = [&](ValueId a, ValueId b) {
    return c.op("concat", {{"values", std::vector<ValueId>{a, b}}, {"axis", -1}});
  };
  ValueId sequence, last;
  std::vector<ValueId> final_states;
  if (fits_operation(lstm, forward) && fits_operation(lstm, backward) &&
      same_activations(forward, backward)) {
    Builder::ArgumentList arguments = {{"x", x},
                                       {"initial_h", joined(initial[0], initial[2])},
                                       {"initial_c", joined(initial[1], initial[3])}};
    add_direction(arguments, forward, false);
    add_direction(arguments, backward, true);
    add_common(arguments, lstm, forward, "bidirectional");
    const std::vector<ValueId> results = c.op_n("lstm", arguments, 3);
    sequence = results[0];
    last = results[1];
    const std::vector<ValueId> h = c.op_n("split", {{"x", results[1]}, {"num_splits", 2}, {"axis", -1}}, 2);
    const std::vector<ValueId> cell =
        c.op_n("split", {{"x", results[2]}, {"num_splits", 2}, {"axis", -1}}, 2);
    final_states = {h[0], cell[0], h[1], cell[1]};
  } else {
    WF_TRY(const States there, unrolled(c, lstm, forward, x, initial[0], initial[1], false));
    WF_TRY(const States back, unrolled(c, lstm, backward, x, initial[2], initial[3], true));
    const std::vector<int64_t> time = {0};
    sequence = joined(there.sequence, c.op("reverse", {{"x", back.sequence}, {"axes", time}}));
    last = joined(there.h, back.h);
    final_states = {there.h, there.c, back.h, back.c};
  }
  set_sequence(c, sequence, last, lstm.whole);
  for (size_t i = 1; i < c.output_count(); ++i) set_state(c, final_states[i - 1], i);
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kUniDirectionalLSTM, "uniDirectionalLSTM", lower_uni_directional},
    {L::kBiDirectionalLSTM, "biDirectionalLSTM", lower_bi_directional},
};

}  // namespace

WF_LAYER_FILE(lstm, kDefs);
}  // namespace wf
