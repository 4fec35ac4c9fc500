#include "formats/mlmodel/mil_dtype.h"

#include <array>
#include <utility>

namespace wf {
namespace {
using Mil = proto::MilDataType;
constexpr std::array<std::pair<DType, Mil>, kDTypeCount> kRows = {{
    {DType::kBool, Mil::kBool},
    {DType::kString, Mil::kString},
    {DType::kFloat16, Mil::kFloat16},
    {DType::kFloat32, Mil::kFloat32},
    {DType::kFloat64, Mil::kFloat64},
    {DType::kBFloat16, Mil::kBFloat16},
    {DType::kFloat8E4M3FN, Mil::kFloat8E4M3FN},
    {DType::kFloat8E5M2, Mil::kFloat8E5M2},
    {DType::kInt4, Mil::kInt4},
    {DType::kInt8, Mil::kInt8},
    {DType::kInt16, Mil::kInt16},
    {DType::kInt32, Mil::kInt32},
    {DType::kInt64, Mil::kInt64},
    {DType::kUInt1, Mil::kUInt1},
    {DType::kUInt2, Mil::kUInt2},
    {DType::kUInt3, Mil::kUInt3},
    {DType::kUInt4, Mil::kUInt4},
    {DType::kUInt6, Mil::kUInt6},
    {DType::kUInt8, Mil::kUInt8},
    {DType::kUInt16, Mil::kUInt16},
    {DType::kUInt32, Mil::kUInt32},
    {DType::kUInt64, Mil::kUInt64},
}};
}  // namespace

std::optional<DType> dtype_of_mil(uint64_t code) {
  for (const auto& [dtype, mil] : kRows) {
    if (static_cast<uint64_t>(mil) == code) return dtype;
  }
  return std::nullopt;
}

Mil mil_of_dtype(DType dtype) { return kRows[static_cast<size_t>(dtype)].second; }

}  // namespace wf
