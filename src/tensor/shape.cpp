#include "tensor/shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/checked_math.h"

namespace wf {

Result<int64_t> element_count(std::span<const int64_t> shape) {
  int64_t count = 1;
  bool overflow = false;
  for (const int64_t size : shape) {
    if (size < 0)
      return Error(ErrorCode::kBadModel, fmt::format("negative size in shape {}", to_string(shape)));
    if (size == 0) return int64_t{0};
    if (const auto product = checked_mul(count, size)) {
      count = *product;
    } else {
      overflow = true;
    }
  }
  if (overflow)
    return Error(ErrorCode::kBadModel, fmt::format("shape {} has more elements than fit", to_string(shape)));
  return count;
}

Shape dense_strides(std::span<const int64_t> shape) {
  Shape strides(shape.size());
  uint64_t stride = 1;  // wraps only where another size is 0, and then no stride is ever used
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = static_cast<int64_t>(stride);
    stride *= static_cast<uint64_t>(std::max<int64_t>(shape[i], 1));
  }
  return strides;
}

std::string to_string(std::span<const int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i) text += ", ";
    text += shape[i] < 0 ? "?" : std::to_string(shape[i]);
  }
  return text + "]";
}

Result<Shape> broadcast_shapes(std::span<const int64_t> a, std::span<const int64_t> b) {
  const size_t rank = std::max(a.size(), b.size());
  Shape out(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t size_a = i < rank - a.size() ? 1 : a[i - (rank - a.size())];
    const int64_t size_b = i < rank - b.size() ? 1 : b[i - (rank - b.size())];
    if (size_a == size_b || size_b == 1) {
      out[i] = size_a;
    } else if (size_a == 1) {
      out[i] = size_b;
    } else if (size_a < 0 || size_b < 0) {  // one side unknown: a known size above 1 decides
      out[i] = std::max(size_a, size_b);
    } else {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("shapes {} and {} do not broadcast", to_string(a), to_string(b)));
    }
  }
  return out;
}

}  // namespace wf
