// A tensor seen around one axis: lines of elements along it.
#pragma once

#include <algorithm>
#include <span>

#include "ops/call.h"

namespace wf {

// The shape as [outer, length, inner], the axis in the middle. Without elements all are 0.
struct AxisSplit {
  int64_t outer = 0, length = 0, inner = 0;
};

inline AxisSplit split_at_axis(std::span<const int64_t> shape, int64_t axis) {
  if (std::ranges::find(shape, 0) != shape.end()) return {};
  AxisSplit split{1, shape[static_cast<size_t>(axis)], 1};
  for (size_t i = 0; i < shape.size(); ++i) {
    if (static_cast<int64_t>(i) < axis) split.outer *= shape[i];
    if (static_cast<int64_t>(i) > axis) split.inner *= shape[i];
  }
  return split;
}

// One line: its first element and the distance between neighbours.
struct Line {
  int64_t first = 0, step = 1;
};

// Calls visit(Line) for each of the outer * inner lines, in order.
template <class Visit>
void for_each_line(const AxisSplit& split, Visit visit) {
  for (int64_t outer = 0; outer < split.outer; ++outer) {
    for (int64_t inner = 0; inner < split.inner; ++inner) {
      visit(Line{outer * split.length * split.inner + inner, split.inner});
    }
  }
}

inline void read_line(const Tensor& tensor, Line line, std::span<double> out) {
  if (line.step == 1) return read_doubles(tensor, line.first, out);
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = read_double(tensor, line.first + static_cast<int64_t>(i) * line.step);
}
inline void read_line(const Tensor& tensor, Line line, std::span<int64_t> out) {
  if (line.step == 1) return read_ints(tensor, line.first, out);
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = read_int(tensor, line.first + static_cast<int64_t>(i) * line.step);
}

inline void write_line(Tensor& tensor, Line line, std::span<const double> in) {
  if (line.step == 1) return write_doubles(tensor, line.first, in);
  for (size_t i = 0; i < in.size(); ++i) {
    write_doubles(tensor, line.first + static_cast<int64_t>(i) * line.step, in.subspan(i, 1));
  }
}
inline void write_line(Tensor& tensor, Line line, std::span<const int64_t> in) {
  if (line.step == 1) return write_ints(tensor, line.first, in);
  for (size_t i = 0; i < in.size(); ++i) {
    write_ints(tensor, line.first + static_cast<int64_t>(i) * line.step, in.subspan(i, 1));
  }
}

}  // namespace wf
