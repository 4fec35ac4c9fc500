// The reference interpreter as an engine.
#pragma once

#include "ops/call.h"
#include "runtime/engine.h"

namespace wf {

// "reference" rounds every tensor to its declared dtype, "reference:exact" keeps floating tensors in double.
const InferenceEngine& reference_engine(Reading reading);

}  // namespace wf
