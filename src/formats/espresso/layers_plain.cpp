// Layers that compute on values where they are: activation, elementwise, softmax, pool, upsample.
#include <fmt/format.h>

#include "formats/espresso/layer_context.h"

namespace wf {
namespace {

// Output size of a window without overhang (the last, incomplete step is dropped) or with.
int64_t windows(int64_t size, int64_t kernel, int64_t stride, bool overhang) {
  const int64_t room = size - kernel;
  if (room < 0) return overhang ? 1 : 0;
  return (overhang ? (room + stride - 1) / stride : room / stride) + 1;
}

}  // namespace

// Mode 2 is known from a compiled network and its .mlmodel twin; 0, 1 and 3 from layers whose names say what
// they are, 19 from other readers of the format.
void lower_espresso_activation(EspressoLayerContext& context) {
  context.expect_bottoms(1, 1);
  const ValueId x = context.bottom();
  const int64_t mode = context.integer("mode", -1);
  switch (mode) {
    case 0:
      return context.set(context.op("relu", {{"x", x}}));
    case 1:
      return context.set(context.op("tanh", {{"x", x}}));
    case 2:
      return context.set(context.op("leaky_relu", {{"x", x}, {"alpha", context.number("alpha", 0)}}));
    case 3:
      return context.set(context.op("sigmoid", {{"x", x}}));
    case 19:
      return context.set(context.op("gelu", {{"x", x}, {"mode", "EXACT"}}));
    default:
      context.refuse(fmt::format("mode {}", mode));
  }
}

void lower_espresso_elementwise(EspressoLayerContext& context) {
  const int64_t operation = context.integer("operation", -1);
  const double alpha = context.number("alpha", 1), beta = context.number("beta", 0);
  context.flag("nd_mode");  // shapes broadcast, as they always do here
  const auto fold = [&](std::string_view type) {
    context.expect_bottoms(2, SIZE_MAX);
    if (alpha != 1 || beta != 0)
      context.refuse(fmt::format("operation {}, alpha {} and beta {}", operation, alpha, beta));
    ValueId result = context.bottom(0);
    for (size_t i = 1; i < context.bottom_count(); ++i)
      result = context.op(type, {{"x", result}, {"y", context.bottom(i)}});
    return result;
  };
  const auto with_alpha = [&](std::string_view type) {
    context.expect_bottoms(1, 1);
    return context.op(type, {{"x", context.bottom()}, {"y", alpha}});
  };
  ValueId result;
  switch (operation) {
    case 0:
      result = fold("add");
      break;
    case 1:
      result = fold("mul");
      break;
    case 2:
      result = with_alpha("add");
      break;
    case 3:
      result = with_alpha("mul");
      break;
    case 119:
      context.expect_bottoms(1, 1);
      result = context.op("clip", {{"x", context.bottom()}, {"alpha", alpha}, {"beta", beta}});
      break;
    default:
      return context.refuse(fmt::format("operation {}", operation));
  }
  context.set(context.activated(result, "fused_relu", "fused_tanh"));
}

// "C" is the axis, counted from the innermost; 2 are the channels.
void lower_espresso_softmax(EspressoLayerContext& context) {
  context.expect_bottoms(1, 1);
  const int64_t code = context.integer("C", 2);
  const ValueId x = context.bottom();
  const int64_t axis = espresso_axis(code);
  if (axis < 0) return context.refuse(fmt::format("axis {}", code));
  context.set(context.op("softmax", {{"x", x}, {"axis", axis - 4}}));
}

// Explicit padding (0) and none (2) leave open what becomes of a last, incomplete window: the size of the
// output tells.
void lower_espresso_pool(EspressoLayerContext& context) {
  context.expect_bottoms(1, 1);
  const ValueId x = context.nchw();
  const bool max = context.flag("avg_or_max"), global = context.flag("is_global");
  const bool exclude_padding = context.flag("average_count_exclude_padding");
  const int64_t mode = context.integer("pad_mode", 0);
  if (!context.builder().ok()) return;
  if (global) {
    for (const char* key : {"size_x", "size_y", "stride_x", "stride_y"}) context.integer(key, 1);
    const std::vector<int64_t> axes = {2, 3};
    return context.set(
        context.op(max ? "reduce_max" : "reduce_mean", {{"x", x}, {"axes", axes}, {"keep_dims", true}}));
  }
  const std::vector<int64_t> kernel = {context.size("size_y"), context.size("size_x")};
  const std::vector<int64_t> strides = {context.size("stride_y", 1), context.size("stride_x", 1)};
  std::vector<int64_t> pad = {context.integer("pad_t", 0), context.integer("pad_b", 0),
                              context.integer("pad_l", 0), context.integer("pad_r", 0)};
  if (mode < 0 || mode > 2) return context.refuse(fmt::format("pad_mode {}", mode));
  if (!context.builder().ok()) return;
  if (mode == 2) pad.assign(4, 0);
  Builder::ArgumentList arguments = {{"x", x}, {"kernel_sizes", kernel}, {"strides", strides}};
  if (mode == 1) {
    arguments.emplace_back("pad_type", "same");
  } else {
    const Shape sizes = context.sizes(x);
    const EspressoShape* declared = context.declared_top();
    const auto gives = [&](bool overhang) {
      return declared &&
             windows(sizes[2] + pad[0] + pad[1], kernel[0], strides[0], overhang) == declared->h &&
             windows(sizes[3] + pad[2] + pad[3], kernel[1], strides[1], overhang) == declared->w;
    };
    arguments.emplace_back("pad_type", "custom");
    arguments.emplace_back("pad", pad);
    arguments.emplace_back("ceil_mode", !gives(false) && gives(true));
  }
  if (!max) arguments.emplace_back("exclude_padding_from_average", exclude_padding);
  context.set(context.op(max ? "max_pool" : "avg_pool", arguments));
}

void lower_espresso_upsample(EspressoLayerContext& context) {
  context.expect_bottoms(1, 1);
  const ValueId x = context.nchw();
  const int64_t mode = context.integer("mode", 0);
  if (mode != 0) return context.refuse(fmt::format("mode {}", mode));  // 0: nearest neighbour
  const int64_t rows = context.size("scaling_factor_y"), columns = context.size("scaling_factor_x");
  context.set(
      context.op("upsample_nearest_neighbor", {{"x", x},
                                               {"scale_factor_height", static_cast<double>(rows)},
                                               {"scale_factor_width", static_cast<double>(columns)}}));
}

}  // namespace wf
