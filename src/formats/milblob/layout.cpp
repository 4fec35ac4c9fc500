#include "formats/milblob/layout.h"

#include <algorithm>
#include <array>

namespace wf::milblob {
namespace {
// The position is the code; code 0 does not exist.
constexpr std::array<DType, 17> kCodes = {
    DType::kFloat16, DType::kFloat32, DType::kUInt8,  DType::kInt8,         DType::kBFloat16,  DType::kInt16,
    DType::kUInt16,  DType::kInt4,    DType::kUInt1,  DType::kUInt2,        DType::kUInt4,     DType::kUInt3,
    DType::kUInt6,   DType::kInt32,   DType::kUInt32, DType::kFloat8E4M3FN, DType::kFloat8E5M2};
}  // namespace

std::optional<DType> dtype_of(uint32_t code) {
  if (code == 0 || code > kCodes.size()) return std::nullopt;
  return kCodes[code - 1];
}

std::optional<uint32_t> code_of(DType dtype) {
  const auto* found = std::ranges::find(kCodes, dtype);
  if (found == kCodes.end()) return std::nullopt;
  return static_cast<uint32_t>(found - kCodes.begin()) + 1;
}

}  // namespace wf::milblob
