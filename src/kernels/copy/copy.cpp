#include "kernels/copy/copy.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace wf {
namespace {

// Elements that one task moves.
constexpr int64_t kTaskElements = 32 << 10;
// Side of the square that a transposition reads and writes before it goes on: its lines stay in the cache.
constexpr int64_t kBlock = 16;

// The two innermost loops: rows by columns.
struct Plane {
  int64_t rows = 1, columns = 1;
  int64_t from_row = 0, from_column = 0, to_row = 0, to_column = 0;
};

template <class T>
void copy_plane(const Plane& p, const T* from, T* to) {
  if (p.from_column == 1 && p.to_column == 1) {
    for (int64_t r = 0; r < p.rows; ++r) {
      std::memcpy(to + r * p.to_row, from + r * p.from_row, static_cast<size_t>(p.columns) * sizeof(T));
    }
    return;
  }
  for (int64_t row = 0; row < p.rows; row += kBlock) {
    const int64_t rows = std::min(p.rows, row + kBlock);
    for (int64_t column = 0; column < p.columns; column += kBlock) {
      const int64_t columns = std::min(p.columns, column + kBlock);
      for (int64_t r = row; r < rows; ++r) {
        const T* source = from + r * p.from_row;
        T* target = to + r * p.to_row;
        for (int64_t c = column; c < columns; ++c) target[c * p.to_column] = source[c * p.from_column];
      }
    }
  }
}

template <class T>
void copy_as(const CopyLoops& loops, const T* from, T* to, ThreadPool& pool) {
  const size_t depth = loops.sizes.size();
  Plane plane;
  plane.columns = loops.sizes[depth - 1];
  plane.from_column = loops.from_strides[depth - 1];
  plane.to_column = loops.to_strides[depth - 1];
  size_t outer_depth = depth - 1;
  if (depth >= 2) {
    // Beside the innermost loop of the target, the loop in which the source is contiguous makes the better
    // plane.
    size_t partner = depth - 2;
    for (size_t i = 0; i + 1 < depth; ++i) {
      if (plane.from_column != 1 && loops.from_strides[i] == 1) partner = i;
    }
    plane.rows = loops.sizes[partner];
    plane.from_row = loops.from_strides[partner];
    plane.to_row = loops.to_strides[partner];
    outer_depth = partner;
  }
  // The other loops, flattened; the partner's place counts once.
  int64_t outer = 1;
  for (size_t i = 0; i + 1 < depth; ++i) {
    if (i != outer_depth) outer *= loops.sizes[i];
  }
  if (outer == 0 || plane.rows == 0 || plane.columns == 0) return;
  // One large plane is cut into bands of rows.
  const int64_t band = std::clamp<int64_t>(kTaskElements / plane.columns, 1, plane.rows);
  const int64_t bands = (plane.rows + band - 1) / band;
  const int64_t planes_per_task =
      std::max<int64_t>(1, kTaskElements / std::max<int64_t>(1, plane.rows * plane.columns));
  const int64_t tasks = bands > 1 ? outer * bands : (outer + planes_per_task - 1) / planes_per_task;
  pool.for_each(tasks, [&](int64_t task, int) {
    const int64_t first = bands > 1 ? task / bands : task * planes_per_task;
    const int64_t last = bands > 1 ? first + 1 : std::min(outer, first + planes_per_task);
    const int64_t row = bands > 1 ? task % bands * band : 0;
    Plane part = plane;
    part.rows = std::min(plane.rows - row, bands > 1 ? band : plane.rows);
    for (int64_t index = first; index < last; ++index) {
      int64_t rest = index, at_from = row * plane.from_row, at_to = row * plane.to_row;
      for (size_t i = depth - 1; i-- > 0;) {
        if (i == outer_depth) continue;
        const int64_t position = rest % loops.sizes[i];
        rest /= loops.sizes[i];
        at_from += position * loops.from_strides[i];
        at_to += position * loops.to_strides[i];
      }
      copy_plane(part, from + at_from, to + at_to);
    }
  });
}

template <class T>
void copy_typed(const CopyLoops& loops, const std::byte* from, std::byte* to, ThreadPool& pool) {
  copy_as(loops, reinterpret_cast<const T*>(from), reinterpret_cast<T*>(to), pool);
}

}  // namespace

void copy_elements(const CopyLoops& loops, int64_t element_bytes, const std::byte* from, std::byte* to,
                   ThreadPool& pool) {
  switch (element_bytes) {
    case 1:
      return copy_typed<uint8_t>(loops, from, to, pool);
    case 2:
      return copy_typed<uint16_t>(loops, from, to, pool);
    case 4:
      return copy_typed<uint32_t>(loops, from, to, pool);
    case 8:
      return copy_typed<uint64_t>(loops, from, to, pool);
    default:
      return;
  }
}

}  // namespace wf
