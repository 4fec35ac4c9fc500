#include "ops/index_group.h"

#include <algorithm>

#include "base/checked_math.h"

namespace wf {

IndexGroup IndexGroup::of(const Shape& shape, std::span<const int64_t> dimensions) {
  const Shape strides = dense_strides(shape);
  IndexGroup group;
  for (const int64_t dimension : dimensions) {
    const auto d = static_cast<size_t>(dimension);
    if (!group.sizes.empty() && group.strides.back() == strides[d] * shape[d]) {
      group.sizes.back() *= shape[d];
      group.strides.back() = strides[d];
    } else {
      group.sizes.push_back(shape[d]);
      group.strides.push_back(strides[d]);
    }
  }
  return group;
}

int64_t IndexGroup::count() const {
  if (std::ranges::find(sizes, 0) != sizes.end()) return 0;
  int64_t product = 1;
  for (const int64_t size : sizes) product = checked_mul(product, size).value_or(INT64_MAX);
  return product;
}

int64_t IndexGroup::offset(int64_t i) const {
  int64_t at = 0;
  for (size_t d = sizes.size(); d-- > 0;) {
    if (d == 0) return at + i * strides[0];
    at += i % sizes[d] * strides[d];
    i /= sizes[d];
  }
  return at;
}

bool IndexGroup::is_contiguous() const {
  return sizes.empty() || (sizes.size() == 1 && (strides[0] == 1 || sizes[0] == 1));
}

void gather_doubles(const Tensor& tensor, int64_t first, const IndexGroup& group, int64_t from,
                    std::span<double> out) {
  if (out.empty()) return;  // an empty tensor: `first` may lie behind its end
  if (group.is_contiguous()) return read_doubles(tensor, first + from, out);
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = read_double(tensor, first + group.offset(from + static_cast<int64_t>(i)));
}

void scatter_doubles(Tensor& tensor, int64_t first, const IndexGroup& group, int64_t from,
                     std::span<const double> in) {
  if (in.empty()) return;
  if (group.is_contiguous()) return write_doubles(tensor, first + from, in);
  for (size_t i = 0; i < in.size(); ++i) {
    write_doubles(tensor, first + group.offset(from + static_cast<int64_t>(i)), in.subspan(i, 1));
  }
}

void for_each_chunk(const Tensor& tensor, int64_t first, const IndexGroup& group,
                    const std::function<void(int64_t from, std::span<double> values)>& visit) {
  constexpr int64_t kChunk = 4096;
  double buffer[kChunk];
  const int64_t count = group.count();
  for (int64_t from = 0; from < count; from += kChunk) {
    const std::span<double> part(buffer, static_cast<size_t>(std::min(kChunk, count - from)));
    gather_doubles(tensor, first, group, from, part);
    visit(from, part);
  }
}

}  // namespace wf
