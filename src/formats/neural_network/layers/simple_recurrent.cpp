// Simple recurrent and gated recurrent layers.
#include "formats/neural_network/recurrent.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

void append(std::vector<float>& to, const std::vector<float>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

std::string_view direction(bool reverse) { return reverse ? "reverse" : "forward"; }

// Outputs: the sequence or its end, and optionally the state.
Status expect_states(const LayerContext& c) {
  WF_CHECK(c.expect(1, 2, c.output_count()));
  if (c.output_count() < 1 || c.output_count() > 2)
    return c.bad(fmt::format("{} outputs, expected 1 or 2", c.output_count()));
  return {};
}

Status lower_simple_recurrent(LayerContext& c) {
  using P = proto::SimpleRecurrentLayerParams;
  WF_CHECK(expect_states(c));
  const int64_t inputs = c.size(c.params().u64(P::kInputVectorSize), "inputVectorSize");
  const int64_t outputs = c.size(c.params().u64(P::kOutputVectorSize), "outputVectorSize");
  const GateActivation activation = gate_activation(c, c.params().message(P::kActivation));
  if (activation.name.empty()) return c.unsupported("this activation in a recurrent layer");
  const bool whole = c.params().flag(P::kSequenceOutput);
  const ValueId x = sequence_input(c, inputs);
  Builder::ArgumentList arguments = {
      {"x", x},
      {"initial_h", state_input(c, 1, outputs, x)},
      {"weight_ih", c.weights(P::kWeightMatrix, {outputs, inputs}, "weight_ih")},
      {"weight_hh", c.weights(P::kRecursionMatrix, {outputs, outputs}, "weight_hh")},
      {"direction", direction(c.params().flag(P::kReverseInput))},
      {"output_sequence", whole},
      {"activation", activation.name}};
  if (c.params().flag(P::kHasBiasVector))
    arguments.emplace_back("bias", c.weights(P::kBiasVector, {outputs}, "bias"));
  const std::vector<ValueId> results = c.op_n("rnn", arguments, 2);
  set_sequence(c, results[0], results[1], whole);
  if (c.output_count() > 1) set_state(c, results[1], 1);
  return {};
}

// The operation wants its gates in the order reset, output, update.
Status lower_gru(LayerContext& c) {
  using P = proto::GRULayerParams;
  WF_CHECK(expect_states(c));
  const int64_t inputs = c.size(c.params().u64(P::kInputVectorSize), "inputVectorSize");
  const int64_t outputs = c.size(c.params().u64(P::kOutputVectorSize), "outputVectorSize");
  const std::vector<Message> activations = c.params().messages(P::kActivations);
  if (activations.size() != 2) return c.bad(fmt::format("{} activations, expected 2", activations.size()));
  const GateActivation gate = gate_activation(c, activations[0]),
                       candidate = gate_activation(c, activations[1]);
  if (gate.name.empty() || candidate.name.empty())
    return c.unsupported("this activation in a recurrent layer");
  const bool whole = c.params().flag(P::kSequenceOutput);
  const auto gates = [&](std::initializer_list<uint32_t> fields, Shape shape, std::string_view what) {
    std::vector<float> all;
    for (const uint32_t field : fields) append(all, c.floats(c.params().message(field), shape, what));
    shape[0] *= 3;
    return c.constant(shape, all, what);
  };
  const ValueId x = sequence_input(c, inputs);
  Builder::ArgumentList arguments = {
      {"x", x},
      {"initial_h", state_input(c, 1, outputs, x)},
      {"weight_ih", gates({P::kResetGateWeightMatrix, P::kOutputGateWeightMatrix, P::kUpdateGateWeightMatrix},
                          {outputs, inputs}, "weight_ih")},
      {"weight_hh",
       gates({P::kResetGateRecursionMatrix, P::kOutputGateRecursionMatrix, P::kUpdateGateRecursionMatrix},
             {outputs, outputs}, "weight_hh")},
      {"direction", direction(c.params().flag(P::kReverseInput))},
      {"output_sequence", whole},
      {"recurrent_activation", gate.name},
      {"activation", candidate.name}};
  if (c.params().flag(P::kHasBiasVectors)) {
    arguments.emplace_back(
        "bias", gates({P::kResetGateBiasVector, P::kOutputGateBiasVector, P::kUpdateGateBiasVector},
                      {outputs}, "bias"));
  }
  const std::vector<ValueId> results = c.op_n("gru", arguments, 2);
  set_sequence(c, results[0], results[1], whole);
  if (c.output_count() > 1) set_state(c, results[1], 1);
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kSimpleRecurrent, "simpleRecurrent", lower_simple_recurrent},
    {L::kGru, "gru", lower_gru},
};

}  // namespace

WF_LAYER_FILE(simple_recurrent, kDefs);
}  // namespace wf
