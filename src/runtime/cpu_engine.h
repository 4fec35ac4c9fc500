// The fast engine, in its precisions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "runtime/engine.h"

namespace wf {

enum class Precision : uint8_t;

// "cpu": planned, fused, vectorised; floating values kept as fp32 whatever the file declares. "cpu:fp32" and
// "cpu:bf16": the same with stricter or with looser products.
std::span<const InferenceEngine* const> cpu_engines();
// What each of these names stands for.
std::optional<Precision> cpu_precision(std::string_view engine);

}  // namespace wf
