// Layers that move values: concat, flatten, reshape, transpose.
#include <fmt/format.h>

#include "formats/espresso/layer_context.h"

namespace wf {
namespace {

constexpr int64_t kChannelFirst = 0, kChannelLast = 1;

// The value as [seq, n, k, h, w].
ValueId with_sequence(EspressoLayerContext& context, ValueId x) {
  if (context.builder().rank(x) != 4) return x;
  Shape sizes = context.builder().shape(x);
  sizes.insert(sizes.begin(), 1);
  return context.reshape(x, sizes);
}

ValueId without_sequence(EspressoLayerContext& context, ValueId x) {
  Shape sizes = context.builder().shape(x);
  if (sizes.size() != 5 || sizes[0] != 1) return x;
  sizes.erase(sizes.begin());
  return context.reshape(x, sizes);
}

}  // namespace

void lower_espresso_concat(EspressoLayerContext& context) {
  context.expect_bottoms(1, SIZE_MAX);
  const int64_t code = context.integer("axis", 2);
  const int64_t axis = espresso_axis(code);
  if (axis < 0) return context.refuse(fmt::format("axis {}", code));
  std::vector<ValueId> values;
  for (size_t i = 0; i < context.bottom_count(); ++i) values.push_back(context.nchw(i));
  context.set(context.op("concat", {{"values", values}, {"axis", axis}, {"interleave", false}}));
}

// [n, k, h, w] to [n, k*h*w, 1, 1]; channel last: k varies fastest.
void lower_espresso_flatten(EspressoLayerContext& context) {
  context.expect_bottoms(1, 1);
  ValueId x = context.nchw();
  const int64_t mode = context.integer("mode", kChannelFirst);
  if (mode != kChannelFirst && mode != kChannelLast) return context.refuse(fmt::format("mode {}", mode));
  if (!context.builder().ok()) return;
  const Shape sizes = context.sizes(x);
  if (mode == kChannelLast) {
    const std::vector<int64_t> perm = {0, 2, 3, 1};
    x = context.op("transpose", {{"x", x}, {"perm", perm}});
  }
  context.set(context.reshape(x, {sizes[0], sizes[1] * sizes[2] * sizes[3], 1, 1}));
}

// A size of 0 keeps what is there.
void lower_espresso_reshape(EspressoLayerContext& context) {
  context.expect_bottoms(1, 1);
  const ValueId x = with_sequence(context, context.bottom());
  const int64_t mode = context.integer("mode", kChannelFirst);
  if (mode != kChannelFirst) return context.refuse(fmt::format("mode {}", mode));
  if (!context.builder().ok()) return;
  Shape sizes = context.builder().shape(x);
  const std::string_view keys[] = {"dst_seq", "dst_n", "dst_k", "dst_h", "dst_w"};
  for (size_t i = 0; i < sizes.size(); ++i) {
    const int64_t wanted = context.integer(keys[i], 0);
    if (wanted > 0) sizes[i] = wanted;
  }
  context.set(without_sequence(context, context.reshape(x, sizes)));
}

// axis_w names the axis that becomes w, and so on.
void lower_espresso_transpose(EspressoLayerContext& context) {
  context.expect_bottoms(1, 1);
  const ValueId x = with_sequence(context, context.bottom());
  const std::string_view keys[] = {"axis_seq", "axis_n", "axis_k", "axis_h", "axis_w"};
  std::vector<int64_t> perm;
  for (size_t i = 0; i < 5; ++i) {
    const int64_t code = context.integer(keys[i], 4 - static_cast<int64_t>(i));
    if (code < 0 || code > 4) return context.damaged(fmt::format("{} is {}", keys[i], code));
    perm.push_back(4 - code);
  }
  context.set(without_sequence(context, context.op("transpose", {{"x", x}, {"perm", perm}})));
}

}  // namespace wf
