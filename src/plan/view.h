// Where the elements of a value lie.
#pragma once

#include <cstdint>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace wf {

// Dimensions from the outermost in memory to the innermost: a permutation.
using Order = std::vector<int>;

// Element [i0, i1, ...] at offset + sum of i * stride, in a buffer of the plan. Strides in elements; 0
// repeats.
struct View {
  int buffer = -1;
  int64_t offset = 0;
  Shape shape;
  Shape strides;
  DType dtype = DType::kFloat32;

  bool valid() const { return buffer >= 0; }
  int64_t rank() const { return static_cast<int64_t>(shape.size()); }
  int64_t size() const;  // elements
};

Order row_major_order(size_t rank);
// The channels (dimension 1) innermost: 0, 2, ..., 1.
Order channels_last_order(size_t rank);

// Strides of a dense tensor whose dimensions lie in this order.
Shape strides_in_order(const Shape& shape, const Order& order);
// Does the view lie densely in this order? Dimensions of size 1 lie anywhere.
bool lies_in_order(const View& view, const Order& order);
inline bool is_row_major(const View& view) { return lies_in_order(view, row_major_order(view.shape.size())); }
// The order in which the view's dimensions lie, ties (sizes of 1) kept as written.
Order order_of(const View& view);

// Elements at the same indices of several views, as few nested loops as they allow: dimensions that all views
// step through evenly are merged, those of size 1 dropped. `order` is the loops' order, outermost first.
struct Loops {
  std::vector<int64_t> sizes;                 // outermost first; at least one
  std::vector<std::vector<int64_t>> strides;  // by view, then loop
};
Loops merged_loops(const Shape& shape, const Order& order, const std::vector<Shape>& strides);

// Strides with which a tensor of `shape` and `strides` is read as one of the shape `to` that it broadcasts
// to.
Shape broadcast_strides(const Shape& shape, const Shape& strides, const Shape& to);

// Where each index of the leading dimensions `batch` begins in a view that broadcasts to them; the view's
// last two dimensions do not count. In row-major order of the indices, without View::offset.
std::vector<int64_t> batch_offsets(const View& view, const Shape& batch);

// The view under another shape without moving anything, if its elements allow that.
bool reshaped_view(const View& view, const Shape& shape, View* result);

}  // namespace wf
