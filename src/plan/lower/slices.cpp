// Parts of a tensor, which are views, and tensors put together, which are copies into views.
#include <fmt/format.h>

#include <algorithm>

#include "ops/slice.h"
#include "plan/lowering.h"

namespace wf {
namespace {

Result<bool> lower_slice_by_index(Lowering& l) {
  const Call& call = l.call();
  if (!call.tensor("begin") || !call.tensor("end")) return false;
  WF_TRY(const Slice slice, resolve_slice(call, call.shape("x")));
  WF_TRY(const View x, l.input("x"));
  const Shape dense = dense_strides(x.shape);
  View out = x;
  out.shape.clear();
  out.strides.clear();
  const auto squeeze = call.ints("squeeze_mask");
  // The slice tells offset and strides in elements of a dense x; here they are counted in steps along each
  // dimension.
  int64_t rest = slice.layout.offset;
  for (size_t d = 0; d < x.shape.size(); ++d) {
    const int64_t position = dense[d] > 0 ? rest / dense[d] : 0;
    rest -= position * dense[d];
    out.offset += position * x.strides[d];
    if (squeeze && (*squeeze)[d] != 0) continue;
    out.shape.push_back(slice.sizes[d]);
    out.strides.push_back(dense[d] > 0 ? slice.layout.strides[d] / dense[d] * x.strides[d] : 0);
  }
  if (out.shape != l.output_shape(0) || out.size() == 0) return false;
  l.set_output(0, std::move(out));
  return true;
}

Result<bool> lower_slice_by_size(Lowering& l) {
  const auto begin = l.call().ints("begin");
  if (!begin || !l.call().tensor("size")) return false;
  WF_TRY(const View x, l.input("x"));
  View out = x;
  out.shape = l.output_shape(0);
  for (size_t d = 0; d < x.shape.size(); ++d) {
    const int64_t first = (*begin)[d] < 0 ? (*begin)[d] + x.shape[d] : (*begin)[d];
    out.offset += first * x.strides[d];
  }
  if (out.size() == 0) return false;
  l.set_output(0, std::move(out));
  return true;
}

Result<bool> lower_split(Lowering& l) {
  const Call& call = l.call();
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), call.rank("x")));
  WF_TRY(const View x, l.input("x"));
  const auto along = static_cast<size_t>(axis);
  int64_t first = 0;
  for (size_t i = 0; i < call.op().outputs.size(); ++i) {
    View part = x;
    part.shape = l.output_shape(i);
    part.offset += first * x.strides[along];
    first += part.shape[along];
    l.set_output(i, std::move(part));
  }
  return true;
}

Result<bool> lower_concat(Lowering& l) {
  const Call& call = l.call();
  if (call.flag("interleave") || l.output_shape(0).empty() || bit_width(call.dtype("values")) < 8)
    return false;
  const auto rank = static_cast<int64_t>(l.output_shape(0).size());
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), rank));
  const auto along = static_cast<size_t>(axis);
  std::vector<View> parts;
  for (size_t i = 0; i < call.count("values"); ++i) {
    WF_TRY(View part, l.input("values", i));
    if (part.shape.empty()) {  // a scalar counts as a vector of one element
      part.shape = {1};
      part.strides = {1};
    }
    parts.push_back(std::move(part));
  }
  // As the largest part lies.
  const auto largest = std::ranges::max_element(parts, {}, &View::size);
  View place = l.new_output(0, order_of(*largest));
  for (const View& part : parts) {
    place.shape = part.shape;
    l.emit_copy(part, place);
    place.offset += part.shape[along] * place.strides[along];
  }
  return true;
}

Result<bool> lower_stack(Lowering& l) {
  const Call& call = l.call();
  const auto rank = static_cast<int64_t>(l.output_shape(0).size());
  if (bit_width(call.dtype("values")) < 8) return false;
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), rank));
  const View out = l.new_output(0, row_major_order(static_cast<size_t>(rank)));
  View place = out;
  place.shape.erase(place.shape.begin() + axis);
  place.strides.erase(place.strides.begin() + axis);
  for (size_t i = 0; i < call.count("values"); ++i) {
    WF_TRY(const View part, l.input("values", i));
    place.offset = out.offset + static_cast<int64_t>(i) * out.strides[static_cast<size_t>(axis)];
    l.emit_copy(part, place);
  }
  return true;
}

Result<bool> lower_tile(Lowering& l) {
  const auto reps = l.call().ints("reps");
  if (!reps || reps->size() != l.output_shape(0).size() || bit_width(l.call().dtype("x")) < 8) return false;
  WF_TRY(const View x, l.input("x"));
  const View out = l.new_output(0, row_major_order(x.shape.size()));
  if (out.size() == 0) return true;
  // [r0, n0, r1, n1, ...]: the repetitions read the same elements.
  View from = x, to = out;
  from.shape.clear();
  from.strides.clear();
  to.strides.clear();
  for (size_t d = 0; d < x.shape.size(); ++d) {
    from.shape.insert(from.shape.end(), {(*reps)[d], x.shape[d]});
    from.strides.insert(from.strides.end(), {0, x.strides[d]});
    to.strides.insert(to.strides.end(), {x.shape[d] * out.strides[d], out.strides[d]});
  }
  to.shape = from.shape;
  l.emit_copy(from, to);
  return true;
}

constexpr LowerRule kRules[] = {
    {"slice_by_index", lower_slice_by_index},
    {"slice_by_size", lower_slice_by_size},
    {"split", lower_split},
    {"concat", lower_concat},
    {"stack", lower_stack},
    {"tile", lower_tile},
};

}  // namespace

WF_LOWER_FILE(slices, kRules);
}  // namespace wf
