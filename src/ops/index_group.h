// Several dimensions of a tensor walked as one.
#pragma once

#include <functional>
#include <span>

#include "tensor/tensor.h"

namespace wf {

// Index i stands for the i-th combination of the dimensions in row-major order.
struct IndexGroup {
  Shape sizes, strides;  // strides in elements; 0 repeats

  // These dimensions of a dense tensor. Neighbours that lie one after the other in memory become one.
  static IndexGroup of(const Shape& shape, std::span<const int64_t> dimensions);

  int64_t count() const;  // INT64_MAX if it does not fit
  int64_t offset(int64_t i) const;
  bool is_contiguous() const;
};

// Elements first + group.offset(from), first + group.offset(from + 1), ... as doubles, and the other way.
void gather_doubles(const Tensor& tensor, int64_t first, const IndexGroup& group, int64_t from,
                    std::span<double> out);
void scatter_doubles(Tensor& tensor, int64_t first, const IndexGroup& group, int64_t from,
                     std::span<const double> in);

// All elements of the group in order, a few thousand at a time: visit(index of the first, values). The values
// may be changed in place.
void for_each_chunk(const Tensor& tensor, int64_t first, const IndexGroup& group,
                    const std::function<void(int64_t from, std::span<double> values)>& visit);

}  // namespace wf
