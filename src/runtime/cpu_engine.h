// The fast engine.
#pragma once

#include "runtime/engine.h"

namespace wf {

// "cpu": planned, fused, vectorised; floating values kept as fp32 whatever the file declares.
const InferenceEngine& cpu_engine();

}  // namespace wf
