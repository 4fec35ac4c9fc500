// The fast engine.
#pragma once

#include <optional>
#include <string_view>

#include "plan/precision.h"
#include "runtime/engine.h"

namespace wf {

// "cpu": planned, fused, vectorised; floating values kept as fp32 whatever the file declares.
const InferenceEngine& cpu_engine(Precision precision);
// What "cpu", "cpu:fp32" and "cpu:bf16" stand for.
std::optional<Precision> cpu_precision(std::string_view engine);

}  // namespace wf
