#include "plan/view.h"

#include <algorithm>
#include <numeric>

namespace wf {

int64_t View::size() const {
  int64_t count = 1;
  for (const int64_t n : shape) count *= n;
  return count;
}

Order row_major_order(size_t rank) {
  Order order(rank);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

Order channels_last_order(size_t rank) {
  Order order = row_major_order(rank);
  if (rank > 2) std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  return order;
}

Shape strides_in_order(const Shape& shape, const Order& order) {
  Shape strides(shape.size());
  int64_t step = 1;
  for (size_t i = order.size(); i-- > 0;) {
    strides[static_cast<size_t>(order[i])] = step;
    step *= shape[static_cast<size_t>(order[i])];
  }
  return strides;
}

bool lies_in_order(const View& view, const Order& order) {
  const Shape wanted = strides_in_order(view.shape, order);
  if (std::ranges::find(view.shape, 0) != view.shape.end()) return true;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (view.shape[i] != 1 && view.strides[i] != wanted[i]) return false;
  }
  return true;
}

Order order_of(const View& view) {
  // A dimension of size 1 lies where its neighbour as written lies.
  Shape strides = view.strides;
  for (size_t i = view.shape.size(); i-- > 0;) {
    if (view.shape[i] == 1) strides[i] = i + 1 < view.shape.size() ? strides[i + 1] : 1;
  }
  Order order = row_major_order(view.shape.size());
  std::ranges::sort(order, [&](int a, int b) {
    const int64_t x = strides[static_cast<size_t>(a)], y = strides[static_cast<size_t>(b)];
    return x != y ? x > y : a < b;
  });
  return order;
}

Loops merged_loops(const Shape& shape, const Order& order, const std::vector<Shape>& strides) {
  Loops loops;
  loops.strides.resize(strides.size());
  for (const int d : order) {
    const auto dim = static_cast<size_t>(d);
    if (shape[dim] == 1) continue;
    bool merges = !loops.sizes.empty();
    for (size_t v = 0; v < strides.size() && merges; ++v) {
      merges = loops.strides[v].back() == strides[v][dim] * shape[dim];
    }
    if (merges) {
      loops.sizes.back() *= shape[dim];
    } else {
      loops.sizes.push_back(shape[dim]);
    }
    for (size_t v = 0; v < strides.size(); ++v) {
      if (merges) {
        loops.strides[v].back() = strides[v][dim];
      } else {
        loops.strides[v].push_back(strides[v][dim]);
      }
    }
  }
  if (loops.sizes.empty()) {
    loops.sizes.push_back(1);
    for (auto& of_view : loops.strides) of_view.push_back(0);
  }
  return loops;
}

Shape broadcast_strides(const Shape& shape, const Shape& strides, const Shape& to) {
  Shape result(to.size(), 0);
  const size_t lead = to.size() - shape.size();
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == to[lead + i]) result[lead + i] = strides[i];
  }
  return result;
}

std::vector<int64_t> batch_offsets(const View& view, const Shape& batch) {
  const Shape shape(view.shape.begin(), view.shape.end() - 2);
  const Shape strides = broadcast_strides(shape, Shape(view.strides.begin(), view.strides.end() - 2), batch);
  std::vector<int64_t> offsets{0};
  for (size_t d = 0; d < batch.size(); ++d) {
    std::vector<int64_t> inner;
    for (const int64_t offset : offsets) {
      for (int64_t i = 0; i < batch[d]; ++i) inner.push_back(offset + i * strides[d]);
    }
    offsets = std::move(inner);
  }
  return offsets;
}

bool reshaped_view(const View& view, const Shape& shape, View* result) {
  *result = view;
  result->shape = shape;
  if (is_row_major(view)) {
    result->strides = dense_strides(shape);
    return true;
  }
  // Groups of old and new dimensions that hold the same number of elements; each old group has to be even.
  Shape strides(shape.size(), 0);
  size_t old = 0, fresh = 0;
  while (old < view.shape.size() || fresh < shape.size()) {
    const size_t first_old = old, first_fresh = fresh;
    int64_t old_count = old < view.shape.size() ? view.shape[old++] : 1;
    int64_t fresh_count = fresh < shape.size() ? shape[fresh++] : 1;
    while (old_count != fresh_count) {
      if (old_count < fresh_count) {
        if (old == view.shape.size()) return false;
        old_count *= view.shape[old++];
      } else {
        if (fresh == shape.size()) return false;
        fresh_count *= shape[fresh++];
      }
    }
    int64_t inner = 0;  // stride of the group's innermost element
    bool has_inner = false;
    int64_t expected = 0;
    for (size_t i = old; i-- > first_old;) {
      if (view.shape[i] == 1) continue;
      if (!has_inner) {
        inner = view.strides[i];
        has_inner = true;
      } else if (view.strides[i] != expected) {
        return false;
      }
      expected = view.strides[i] * view.shape[i];
    }
    int64_t step = inner;
    for (size_t i = fresh; i-- > first_fresh;) {
      strides[i] = step;
      step *= shape[i];
    }
  }
  result->strides = std::move(strides);
  return true;
}

}  // namespace wf
