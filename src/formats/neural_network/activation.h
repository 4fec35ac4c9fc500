// ActivationParams: the activation layer, and what recurrent layers apply to their gates.
#pragma once

#include "formats/neural_network/layer_context.h"

namespace wf {

// f(x) for activations with scalar parameters; PReLU and parametric softplus, whose parameters belong to
// channels, are refused here: only the activation layer has them.
Result<ValueId> apply_activation(LayerContext& context, const Message& activation, ValueId x);

}  // namespace wf
