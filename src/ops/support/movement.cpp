#include "ops/movement.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked_math.h"

namespace wf {

Result<int64_t> product_of_sizes(const Call& call, std::span<const int64_t> sizes) {
  if (std::ranges::any_of(sizes, [](int64_t size) { return size < 0; })) return kUnknownSize;
  const auto count = element_count(sizes);
  if (!count) return call.error(count.error().message);
  return *count;
}

Result<int64_t> sum_of_sizes(const Call& call, std::span<const int64_t> sizes) {
  int64_t total = 0;
  for (const int64_t size : sizes) {
    if (size < 0) return kUnknownSize;
    const auto sum = checked_add(total, size);
    if (!sum) return call.error(fmt::format("the sizes {} add up to more than fits", to_string(sizes)));
    total = *sum;
  }
  return total;
}

Result<Tensor> make_moved(const Evaluation& eval, size_t i, const Tensor& like) {
  const TensorType* type = eval.output_type(i).tensor();
  if (!type || !type->is_static()) {
    return Error(ErrorCode::kInternal, fmt::format("output {} has no static type", i), eval.op().label());
  }
  return Tensor::allocate(like.dtype(), *type->shape);
}

Status share_reshaped(Evaluation& eval) {
  const TensorType* type = eval.output_type(0).tensor();
  if (!type || !type->is_static())
    return Error(ErrorCode::kInternal, "output 0 has no static type", eval.op().label());
  auto shared = eval.input("x").reshaped(*type->shape);
  if (!shared) return eval.error(shared.error().message);
  eval.set_output(0, *std::move(shared));
  return {};
}

Shape element_strides(const Shape& shape) {
  const auto count = element_count(shape);
  return count && *count > 0 ? dense_strides(shape) : Shape(shape.size(), 0);
}

namespace {

void copy_bytes(std::byte* to, const std::byte* from, size_t size) {
  switch (size) {  // single elements: a fixed size is a plain load and store
    case 1:
      *to = *from;
      return;
    case 2:
      std::memcpy(to, from, 2);
      return;
    case 4:
      std::memcpy(to, from, 4);
      return;
    case 8:
      std::memcpy(to, from, 8);
      return;
    default:
      std::memcpy(to, from, size);
  }
}

}  // namespace

void copy_elements(const Shape& sizes, const Tensor& from, const Layout& at_from, Tensor& to,
                   const Layout& at_to) {
  assert(bit_width(from.dtype()) == bit_width(to.dtype()) && !is_sub_byte(from.dtype()));
  if (std::ranges::find(sizes, 0) != sizes.end()) return;
  // The last dimensions that are dense on both sides are one run of bytes.
  int64_t run = 1;
  size_t outer = sizes.size();
  for (; outer > 0; --outer) {
    const size_t d = outer - 1;
    if (sizes[d] != 1 && (at_from.strides[d] != run || at_to.strides[d] != run)) break;
    run *= sizes[d];
  }
  const int64_t width = bit_width(from.dtype()) / 8;
  const auto run_bytes = static_cast<size_t>(run * width);
  const std::byte* source = from.bytes().data();
  std::byte* target = to.mutable_bytes().data();
  int64_t read = at_from.offset, write = at_to.offset;
  Shape position(outer, 0);
  for (;;) {
    copy_bytes(target + write * width, source + read * width, run_bytes);
    size_t d = outer;
    for (; d > 0; --d) {
      const size_t k = d - 1;
      read += at_from.strides[k];
      write += at_to.strides[k];
      if (++position[k] < sizes[k]) break;
      read -= at_from.strides[k] * sizes[k];
      write -= at_to.strides[k] * sizes[k];
      position[k] = 0;
    }
    if (d == 0) return;
  }
}

void copy_run(const Tensor& from, int64_t from_index, Tensor& to, int64_t to_index, int64_t count) {
  assert(bit_width(from.dtype()) == bit_width(to.dtype()) && !is_sub_byte(from.dtype()));
  if (count == 0) return;
  const int64_t width = bit_width(from.dtype()) / 8;
  copy_bytes(to.mutable_bytes().data() + to_index * width, from.bytes().data() + from_index * width,
             static_cast<size_t>(count * width));
}

}  // namespace wf
