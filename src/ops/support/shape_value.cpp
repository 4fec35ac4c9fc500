#include "ops/shape_value.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf {

namespace {
// More dimensions than any framework makes; a larger count in a file is a mistake, not a tensor.
constexpr int64_t kMaxRank = 64;
}  // namespace

Result<std::vector<ValueType>> infer_from_shape_value(const Call& call, DType dtype) {
  const Shape& given = call.shape("shape");
  if (given.size() != 1)
    return call.error(fmt::format("'shape' must be a vector, found shape {}", to_string(given)));
  if (given[0] > kMaxRank)
    return call.error(fmt::format("'shape' has {} sizes, expected at most {}", given[0], kMaxRank));
  if (const auto sizes = call.ints("shape")) {
    if (std::ranges::any_of(*sizes, [](int64_t size) { return size < 0; })) {
      return call.error(fmt::format("'shape' holds a negative size: {}", fmt::join(*sizes, ", ")));
    }
    return std::vector<ValueType>{tensor_type(dtype, *sizes)};
  }
  if (given[0] < 0) return std::vector<ValueType>{tensor_type_of_unknown_rank(dtype)};
  return std::vector<ValueType>{tensor_type(dtype, Shape(static_cast<size_t>(given[0]), kUnknownSize))};
}

}  // namespace wf
