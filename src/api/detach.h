// Results that are views of a caller's memory, which the caller may change as soon as the call is over.
#pragma once

#include "runtime/model.h"

namespace wf::api {

// Copies what `state` holds, and what is in `outputs`, where it lies in the memory of one of `inputs`: an
// engine may pass an input on as it is.
Status detach(const Features& inputs, ModelState& state, Features& outputs);

}  // namespace wf::api
