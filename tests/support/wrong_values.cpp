#include "support/wrong_values.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace wf::test {
namespace {

Tensor of_bytes(DType dtype, const Shape& shape, std::span<const std::byte> bytes) {
  Tensor out = *Tensor::allocate(dtype, shape);
  std::memcpy(out.mutable_bytes().data(), bytes.data(),
              std::min(bytes.size(), static_cast<size_t>(out.byte_size())));
  return out;
}

// Element i of the result is element source(i) of the tensor; a source of -1 is garbage.
template <class Source>
Tensor gathered(const Tensor& tensor, const Source& source) {
  std::vector<double> values(static_cast<size_t>(tensor.size()));
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const int64_t from = source(i);
    values[static_cast<size_t>(i)] = from < 0 ? 0 : read_double(tensor, from);
  }
  return *Tensor::of_doubles(tensor.dtype(), tensor.shape(), values);
}

template <class Change>
Tensor mapped(const Tensor& tensor, const Change& change) {
  std::vector<double> values = read_doubles(tensor);
  for (double& value : values) value = change(value);
  return *Tensor::of_doubles(tensor.dtype(), tensor.shape(), values);
}

Tensor padded_rows(const Tensor& tensor) {
  const int64_t width = bit_width(tensor.dtype()) / 8, row = tensor.shape().back();
  const int64_t padded = (row * width + 63) / 64 * 64 / width;
  return gathered(tensor, [&](int64_t i) { return i % padded < row ? i / padded * row + i % padded : -1; });
}

Tensor other_order(const Tensor& tensor) {
  if (tensor.rank() < 2) return tensor;
  const int64_t columns = tensor.shape().back(), rows = tensor.shape()[tensor.shape().size() - 2];
  return gathered(tensor, [&](int64_t i) {
    const int64_t within = i % (rows * columns);
    return i - within + within % rows * columns + within / rows;
  });
}

Tensor reversed_channels(const Tensor& tensor) {
  const auto three = std::find(tensor.shape().begin(), tensor.shape().end(), 3);
  if (three == tensor.shape().end()) return tensor;
  int64_t step = 1;
  for (auto size = three + 1; size != tensor.shape().end(); ++size) step *= *size;
  return gathered(tensor, [&](int64_t i) {
    const int64_t channel = i / step % 3;
    return i + (2 - 2 * channel) * step;
  });
}

Tensor reversed_bytes(const Tensor& tensor) {
  std::vector<std::byte> bytes(tensor.bytes().begin(), tensor.bytes().end());
  const auto width = static_cast<std::ptrdiff_t>(bit_width(tensor.dtype()) / 8);
  for (auto at = bytes.begin(); at != bytes.end(); at += width) std::reverse(at, at + width);
  return of_bytes(tensor.dtype(), tensor.shape(), bytes);
}

}  // namespace

Tensor made_wrong(const Tensor& right, std::string_view kind) {
  if (kind == "half_as_float")
    return of_bytes(DType::kFloat32, right.shape(), converted(right, DType::kFloat16)->bytes());
  if (kind == "float_as_half")
    return of_bytes(DType::kFloat16, right.shape(), converted(right, DType::kFloat32)->bytes());
  if (kind == "padding") return padded_rows(right);
  if (kind == "transposed") return other_order(right);
  if (kind == "byte_order") return reversed_bytes(right);
  if (kind == "channels") return reversed_channels(right);
  if (kind == "no_softmax")
    return mapped(right, [](double value) { return std::log(std::max(value, 1e-30)) + 3; });
  if (kind == "zeros") return mapped(right, [](double value) { return value * 1e-16; });
  if (kind == "nan") return mapped(right, [](double) { return std::nan(""); });
  if (kind == "shifted") return gathered(right, [&](int64_t i) { return (i + 1) % right.size(); });
  if (kind == "scaled") return mapped(right, [](double value) { return value * 255; });
  return right;
}

}  // namespace wf::test
