#pragma once

#include <cstdint>

namespace wf {

// What arithmetic may cost.
enum class Precision : uint8_t {
  kStrict,          // fp32 throughout, each product summed directly
  kBetterThanHalf,  // where a model declares fp16: what is far more exact than that
  kBfloat,          // products of bf16 operands, where the machine has them: by the user's consent alone
};

}  // namespace wf
