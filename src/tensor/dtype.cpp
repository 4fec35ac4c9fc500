#include "tensor/dtype.h"

#include <array>

namespace wf {
namespace {

struct Row {
  DType dtype;
  std::string_view name;
  int bits;
};
constexpr std::array<Row, kDTypeCount> kRows = {{
    {DType::kBool, "bool", 8},
    {DType::kString, "string", 0},
    {DType::kFloat16, "fp16", 16},
    {DType::kFloat32, "fp32", 32},
    {DType::kFloat64, "fp64", 64},
    {DType::kBFloat16, "bf16", 16},
    {DType::kFloat8E4M3FN, "fp8e4m3fn", 8},
    {DType::kFloat8E5M2, "fp8e5m2", 8},
    {DType::kInt4, "int4", 4},
    {DType::kInt8, "int8", 8},
    {DType::kInt16, "int16", 16},
    {DType::kInt32, "int32", 32},
    {DType::kInt64, "int64", 64},
    {DType::kUInt1, "uint1", 1},
    {DType::kUInt2, "uint2", 2},
    {DType::kUInt3, "uint3", 3},
    {DType::kUInt4, "uint4", 4},
    {DType::kUInt6, "uint6", 6},
    {DType::kUInt8, "uint8", 8},
    {DType::kUInt16, "uint16", 16},
    {DType::kUInt32, "uint32", 32},
    {DType::kUInt64, "uint64", 64},
}};

const Row& row(DType dtype) { return kRows[static_cast<size_t>(dtype)]; }

}  // namespace

std::string_view name_of(DType dtype) { return row(dtype).name; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const Row& each : kRows) {
    if (each.name == name) return each.dtype;
  }
  return std::nullopt;
}

int bit_width(DType dtype) { return row(dtype).bits; }
bool is_floating(DType dtype) { return dtype >= DType::kFloat16 && dtype <= DType::kFloat8E5M2; }
bool is_signed_integer(DType dtype) { return dtype >= DType::kInt4 && dtype <= DType::kInt64; }
bool is_unsigned_integer(DType dtype) { return dtype >= DType::kUInt1; }
DType whole_byte_dtype(DType dtype) {
  if (dtype == DType::kString || !is_sub_byte(dtype)) return dtype;
  return is_signed_integer(dtype) ? DType::kInt8 : DType::kUInt8;
}

}  // namespace wf
