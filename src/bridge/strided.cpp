#include "bridge/strided.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

namespace wf::bridge {
namespace {

// Far beyond any array, far below where offsets in bytes would overflow.
constexpr int64_t kMostElements = int64_t{1} << 48;

Error bad_strides(Sizes shape, Sizes strides) {
  return {ErrorCode::kBadModel, fmt::format("strides [{}] make no sense for shape [{}]",
                                            fmt::join(strides, ", "), fmt::join(shape, ", "))};
}

Error too_short(Sizes shape, Sizes strides, size_t needed, size_t there) {
  return {ErrorCode::kBadModel,
          fmt::format("shape [{}] with strides [{}] reaches {} bytes, the buffer holds {}",
                      fmt::join(shape, ", "), fmt::join(strides, ", "), needed, there)};
}

struct Extent {
  int64_t elements = 0, reached = 0;
};

Result<Extent> checked_extent(Sizes shape, Sizes strides, size_t element_size, size_t strided_bytes,
                              size_t dense_bytes) {
  Extent extent;
  WF_TRY(extent.elements, element_count(shape));
  WF_TRY(extent.reached, reach(shape, strides));
  const size_t needed = static_cast<size_t>(extent.reached) * element_size;
  if (needed > strided_bytes) return too_short(shape, strides, needed, strided_bytes);
  const size_t packed = static_cast<size_t>(extent.elements) * element_size;
  if (packed > dense_bytes) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("an array of shape [{}] takes {} bytes, the buffer given for it holds {}",
                             fmt::join(shape, ", "), packed, dense_bytes));
  }
  return extent;
}

// Calls visit(strided offset, dense offset, count), both in elements, for runs of elements that are adjacent
// on both sides.
template <class Visit>
void for_each_run(Sizes shape, Sizes strides, int64_t elements, const Visit& visit) {
  const size_t rank = shape.size();
  if (elements == 0) return;
  // Trailing dimensions that are dense together are one run.
  size_t outer = rank;
  int64_t run = 1;
  while (outer > 0 && (shape[outer - 1] == 1 || strides[outer - 1] == run)) run *= shape[--outer];
  std::vector<int64_t> index(outer, 0);
  int64_t offset = 0;
  for (int64_t dense = 0; dense < elements; dense += run) {
    visit(offset, dense, run);
    for (size_t i = outer; i-- > 0;) {
      offset += strides[i];
      if (++index[i] < shape[i]) break;
      offset -= strides[i] * shape[i];
      index[i] = 0;
    }
  }
}

}  // namespace

std::vector<int64_t> dense_strides(Sizes shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t step = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = step;
    step *= std::max<int64_t>(shape[i], 1);
  }
  return strides;
}

Result<int64_t> element_count(Sizes shape) {
  int64_t count = 1;
  bool empty = false;
  for (const int64_t size : shape) {
    if (size < 0 || (size > 0 && count > kMostElements / size)) {
      return Error(ErrorCode::kBadModel,
                   fmt::format("shape [{}] is no shape of an array", fmt::join(shape, ", ")));
    }
    empty = empty || size == 0;
    if (size > 0) count *= size;
  }
  return empty ? 0 : count;
}

Result<int64_t> reach(Sizes shape, Sizes strides) {
  WF_TRY(const int64_t count, element_count(shape));
  if (shape.size() != strides.size()) return bad_strides(shape, strides);
  if (count == 0) return int64_t{0};
  int64_t last = 0;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;  // its stride is never taken
    if (strides[i] < 0 || strides[i] > (kMostElements - last) / (shape[i] - 1))
      return bad_strides(shape, strides);
    last += strides[i] * (shape[i] - 1);
  }
  return last + 1;
}

Status gather(std::span<const std::byte> from, Sizes shape, Sizes strides, size_t element_size,
              std::span<std::byte> dense) {
  WF_TRY(const Extent extent, checked_extent(shape, strides, element_size, from.size(), dense.size()));
  for_each_run(shape, strides, extent.elements, [&](int64_t strided, int64_t packed, int64_t count) {
    std::memcpy(dense.data() + static_cast<size_t>(packed) * element_size,
                from.data() + static_cast<size_t>(strided) * element_size,
                static_cast<size_t>(count) * element_size);
  });
  return {};
}

Status scatter(std::span<const std::byte> dense, Sizes shape, Sizes strides, size_t element_size,
               std::span<std::byte> to) {
  WF_TRY(const Extent extent, checked_extent(shape, strides, element_size, to.size(), dense.size()));
  for_each_run(shape, strides, extent.elements, [&](int64_t strided, int64_t packed, int64_t count) {
    std::memcpy(to.data() + static_cast<size_t>(strided) * element_size,
                dense.data() + static_cast<size_t>(packed) * element_size,
                static_cast<size_t>(count) * element_size);
  });
  return {};
}

}  // namespace wf::bridge
