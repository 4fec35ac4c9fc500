// A prepared model behind the description alone: for a chain of engines some of which know a model by its
// description (Core ML) and others by its program. What one of them computes in fp16 both declare as fp32; a
// picture is pixels to one and [1, 3, H, W] to the other.
#pragma once

#include <memory>

#include "program/description.h"
#include "runtime/engine.h"

namespace wf {

// The same model, whose values are as Features hold them (TensorSpec::in_callers_form): each input is fitted
// here, each output presented here. Inputs, outputs and states as the description names them, in its order;
// an error where the model has one that is not described.
Result<std::shared_ptr<const PreparedModel>> in_callers_form(std::shared_ptr<const PreparedModel> model,
                                                             const Interface& interface);

}  // namespace wf
