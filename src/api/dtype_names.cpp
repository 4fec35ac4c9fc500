#include "api/dtype_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace wf::api {
namespace {

struct Alias {
  std::string_view name;
  DType dtype;
};
// Lower case: NumPy's, Core ML's and safetensors' names.
constexpr Alias kAliases[] = {
    {"float16", DType::kFloat16}, {"half", DType::kFloat16},   {"f16", DType::kFloat16},
    {"float32", DType::kFloat32}, {"float", DType::kFloat32},  {"f32", DType::kFloat32},
    {"float64", DType::kFloat64}, {"double", DType::kFloat64}, {"f64", DType::kFloat64},
    {"i8", DType::kInt8},         {"u8", DType::kUInt8},       {"i16", DType::kInt16},
    {"u16", DType::kUInt16},      {"i32", DType::kInt32},      {"u32", DType::kUInt32},
    {"i64", DType::kInt64},       {"u64", DType::kUInt64},     {"bfloat16", DType::kBFloat16},
};

}  // namespace

Result<DType> dtype_named(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (const auto dtype = dtype_from_name(lower)) return *dtype;
  const auto alias = std::ranges::find(kAliases, lower, &Alias::name);
  if (alias != std::end(kAliases)) return alias->dtype;
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("no dtype '{}'; there are: bool, string, fp16, fp32, fp64, bf16, int8, int16, int32, "
                  "int64, uint8, uint16, uint32, uint64",
                  name));
}

}  // namespace wf::api
