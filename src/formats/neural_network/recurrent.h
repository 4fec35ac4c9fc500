// What the recurrent layers share: activations of gates, states, and sequences as MIL wants them.
#pragma once

#include <optional>
#include <string>

#include "formats/neural_network/layer_context.h"

namespace wf {

// An activation of a recurrent layer. Writers leave the parameters of sigmoidHard, linear and scaledTanh out
// here, and mean Keras' hard sigmoid (0.2, 0.5), the identity and LeCun's tanh: read literally, zeros would
// make a gate constant.
struct GateActivation {
  std::string_view name;  // in MIL's words; empty if MIL's recurrent operations have no such activation
  Message params;         // the ActivationParams
};
GateActivation gate_activation(LayerContext& context, const Message& activation);
// f(x), whatever the activation.
Result<ValueId> apply_gate(LayerContext& context, const GateActivation& activation, ValueId x);

// Input 0, [Seq, Batch, C, 1, 1], as [Seq, Batch, C].
ValueId sequence_input(LayerContext& context, int64_t channels);
// Input i, [1, Batch, C, 1, 1], as [Batch, C]; zeros for an input the layer does not have.
ValueId state_input(LayerContext& context, size_t i, int64_t channels, ValueId sequence);

// Output i is this state [Batch, C], as [1, Batch, C, 1, 1].
void set_state(LayerContext& context, ValueId state, size_t i);
// Output 0: the whole sequence [Seq, Batch, C], or only its end.
void set_sequence(LayerContext& context, ValueId sequence, ValueId last, bool whole);

}  // namespace wf
