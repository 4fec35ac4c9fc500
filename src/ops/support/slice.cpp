#include "ops/slice.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf {
namespace {

// One entry per dimension, or `fallback` for all when the parameter is absent. Unknown values: an empty
// optional.
using Entries = std::optional<std::vector<int64_t>>;

Result<Entries> entries(const Call& call, std::string_view name, size_t rank,
                        std::optional<int64_t> fallback) {
  if (!call.has(name)) return Entries(std::vector<int64_t>(rank, fallback.value_or(0)));
  auto values = call.ints(name);
  const Shape& shape = call.shape(name);
  const int64_t count = values ? static_cast<int64_t>(values->size()) : shape.size() == 1 ? shape[0] : 1;
  if (count >= 0 && count != static_cast<int64_t>(rank)) {
    return call.error(fmt::format("'{}' has {} entries, the input has rank {}", name, count, rank));
  }
  return Entries(std::move(values));
}

struct Bound {
  bool masked = false;           // as if it were not written: the slice's natural end
  std::optional<int64_t> value;  // nothing: not known yet
};

struct Range {
  int64_t begin = 0, step = 1, count = 0;
};

// Python's slice.indices(size).
Range resolved(int64_t size, const Bound& begin, const Bound& end, int64_t stride) {
  const bool forward = stride > 0;
  const int64_t low = forward ? 0 : -1, high = forward ? size : size - 1;
  const auto clamped = [&](const Bound& bound, int64_t natural) {
    if (bound.masked) return natural;
    const int64_t value = *bound.value < 0 ? *bound.value + size : *bound.value;
    return std::clamp(value, low, high);
  };
  Range range;
  range.begin = clamped(begin, forward ? low : high);
  const int64_t last = clamped(end, forward ? high : low);
  const int64_t span = forward ? last - range.begin : range.begin - last;
  const int64_t step = forward ? stride : -stride;
  range.count = span > 0 ? (span - 1) / step + 1 : 0;
  range.step = range.count > 1 ? stride : 1;  // a huge stride over one element must not overflow later
  return range;
}

}  // namespace

Result<Slice> resolve_slice(const Call& call, const Shape& shape) {
  const size_t rank = shape.size();
  WF_TRY(const Entries begin, entries(call, "begin", rank, {}));
  WF_TRY(const Entries end, entries(call, "end", rank, {}));
  WF_TRY(const Entries stride, entries(call, "stride", rank, 1));
  WF_TRY(const Entries begin_mask, entries(call, "begin_mask", rank, 0));
  WF_TRY(const Entries end_mask, entries(call, "end_mask", rank, 0));
  WF_TRY(const Entries squeeze_mask, entries(call, "squeeze_mask", rank, 0));

  Slice slice;
  slice.sizes.assign(rank, kUnknownSize);
  slice.layout.strides = element_strides(shape);
  for (size_t d = 0; d < rank; ++d) {
    const bool squeezed = (*squeeze_mask)[d] != 0;
    const auto at = [d](const Entries& values) {
      return values ? std::optional((*values)[d]) : std::nullopt;
    };
    const Bound first{(*begin_mask)[d] != 0, at(begin)};
    const Bound last{(*end_mask)[d] != 0, at(end)};
    const int64_t step = squeezed ? 1 : std::max((*stride)[d], -INT64_MAX);
    if (step == 0) return call.error(fmt::format("stride of dimension {} is 0", d));
    const bool begin_known = first.masked || first.value;
    if (squeezed) {
      slice.sizes[d] = 1;
      if (!begin_known || shape[d] < 0) continue;
      const int64_t index = first.masked ? 0 : *first.value < 0 ? *first.value + shape[d] : *first.value;
      if (index < 0 || index >= shape[d]) {
        return call.error(fmt::format("index {} of dimension {} is outside its size {}",
                                      first.value.value_or(0), d, shape[d]));
      }
      slice.layout.offset += index * slice.layout.strides[d];
      continue;
    }
    if (begin_known && (last.masked || last.value) && shape[d] >= 0) {
      const Range range = resolved(shape[d], first, last, step);
      slice.sizes[d] = range.count;
      if (range.count > 0) slice.layout.offset += range.begin * slice.layout.strides[d];
      slice.layout.strides[d] *= range.step;
    }
    slice.squeezed.push_back(slice.sizes[d]);
  }
  return slice;
}

}  // namespace wf
