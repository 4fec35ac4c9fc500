// Upsampling, resizing, and crops resized to one size.
#include <algorithm>

#include "formats/neural_network/layer_context.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

// The sampling grids of the format, in MIL's words.
Result<std::string_view> sampling_mode(LayerContext& c, const Message& mode) {
  constexpr std::string_view kModes[] = {"STRICT_ALIGN_CORNERS", "ALIGN_CORNERS", "DEFAULT",
                                         "OFFSET_CORNERS"};
  const uint64_t method = mode.u64(proto::SamplingMode::kSamplingMethod);
  if (method < std::size(kModes)) return kModes[method];
  return c.bad(fmt::format("sampling method {} is not known", method));
}

Status lower_upsample(LayerContext& c) {
  using P = proto::UpsampleLayerParams;
  using Linear = P::LinearUpsampleMode;
  WF_CHECK(c.expect(1, 1));
  const std::vector<float> fractional = c.params().floats(P::kFractionalScalingFactor);
  const std::vector<int64_t> whole = c.sizes(P::kScalingFactor, 2, 1, "scalingFactor");
  if (!fractional.empty() && fractional.size() != 2)
    return c.bad(fmt::format("{} fractional scaling factors, expected 2", fractional.size()));
  const auto factor = [&](size_t i) {
    return fractional.empty() ? BuilderArgument(whole[i])
                              : BuilderArgument(static_cast<double>(fractional[i]));
  };
  const ValueId x = c.nchw();
  if (c.params().u64(P::kMode) == static_cast<uint64_t>(P::InterpolationMode::kNn)) {
    c.set_nchw(c.op("upsample_nearest_neighbor",
                    {{"x", x}, {"scale_factor_height", factor(0)}, {"scale_factor_width", factor(1)}}));
    return {};
  }
  // The default grid starts at the first pixel with steps of in / out: neither corners nor pixel centres are
  // aligned.
  const auto mode = static_cast<Linear>(c.params().u64(P::kLinearUpsampleMode));
  c.set_nchw(c.op("upsample_bilinear", {{"x", x},
                                        {"scale_factor_height", factor(0)},
                                        {"scale_factor_width", factor(1)},
                                        {"align_corners", mode == Linear::kAlignCornersTrue},
                                        {"half_pixel_centers", mode == Linear::kAlignCornersFalse}}));
  return {};
}

Status lower_resize_bilinear(LayerContext& c) {
  using P = proto::ResizeBilinearLayerParams;
  WF_CHECK(c.expect(1, 1));
  const std::vector<int64_t> target = c.sizes(P::kTargetSize, 2, 1, "targetSize");
  WF_TRY(const std::string_view mode, sampling_mode(c, c.params().message(P::kMode)));
  c.set_nchw(c.op("resize_bilinear", {{"x", c.nchw()},
                                      {"target_size_height", target[0]},
                                      {"target_size_width", target[1]},
                                      {"sampling_mode", mode}}));
  return {};
}

ValueId size_of(LayerContext& c, ValueId x, int64_t axis) {
  const ValueId size =
      c.op("slice_by_size",
           {{"x", c.shape_of(x)}, {"begin", std::vector<int64_t>{axis}}, {"size", std::vector<int64_t>{1}}});
  return c.squeeze(size, {0});
}

// Each box of [N, 4] with each image of [B, ...]: boxes [N * B, 4] and the indices of their images.
struct BoxesOfImages {
  ValueId boxes, indices;
};
BoxesOfImages every_box_of_every_image(LayerContext& c, ValueId boxes, ValueId images) {
  const ValueId count = size_of(c, images, 0), one = c.squeeze(c.vector_constant({1}), {0});
  const auto repeated = [&](ValueId x, const std::vector<ValueId>& times) {
    return c.op("tile", {{"x", x}, {"reps", c.op("stack", {{"values", times}, {"axis", 0}})}});
  };
  const ValueId images_in_order = c.op("range_1d", {{"start", 0}, {"end", count}, {"step", 1}});
  return {c.reshape(repeated(c.expand(boxes, {1}), {one, count, one}), {kUnknownSize, 4}),
          repeated(images_in_order, {size_of(c, boxes, 0)})};
}

// Boxes [N, 1, 4, 1, 1], cut from each of B images, or [N, 1, 5, 1, 1] with the index of the image in front,
// to [N, B or 1, C, height, width].
Status lower_crop_resize(LayerContext& c) {
  using P = proto::CropResizeLayerParams;
  constexpr std::string_view kBoxModes[] = {"CORNERS_HEIGHT_FIRST", "CORNERS_WIDTH_FIRST",
                                            "CENTER_SIZE_HEIGHT_FIRST", "CENTER_SIZE_WIDTH_FIRST"};
  WF_CHECK(c.expect(2, 2));
  const std::vector<int64_t> target = c.sizes(P::kTargetSize, 2, 1, "targetSize");
  WF_TRY(const std::string_view sampling, sampling_mode(c, c.params().message(P::kMode)));
  const uint64_t box_mode = c.params().message(P::kBoxIndicesMode).u64(proto::BoxCoordinatesMode::kBoxMode);
  if (box_mode >= std::size(kBoxModes)) return c.bad(fmt::format("box mode {} is not known", box_mode));

  const ValueId x = c.nchw(0);
  ValueId boxes = c.squeeze(c.nchw(1), {2, 3});
  const int64_t columns = c.dim(boxes, 1);
  const ValueId given_boxes = boxes;
  const bool several = columns == 4 && c.dim(x, 0) != 1;
  ValueId indices;
  if (columns == 5) {
    const std::vector<ValueId> parts =
        c.op_n("split", {{"x", boxes}, {"split_sizes", std::vector<int64_t>{1, 4}}, {"axis", 1}}, 2);
    indices = c.to_int(c.squeeze(parts[0], {1}));
    boxes = parts[1];
  } else if (several) {
    const BoxesOfImages all = every_box_of_every_image(c, boxes, x);
    boxes = all.boxes;
    indices = all.indices;
  } else if (columns == 4) {
    const ValueId count = c.op(
        "slice_by_size",
        {{"x", c.shape_of(boxes)}, {"begin", std::vector<int64_t>{0}}, {"size", std::vector<int64_t>{1}}});
    indices = c.op("fill", {{"shape", count}, {"value", 0}});
  } else {
    return c.bad(fmt::format("boxes of {} numbers, expected 4 or 5", columns));
  }
  const double scale = c.number(P::kSpatialScale) == 0 ? 1 : c.number(P::kSpatialScale);
  const ValueId y =
      c.op("crop_resize", {{"x", x},
                           {"boxes", boxes},
                           {"box_indices", indices},
                           {"target_height", target[0]},
                           {"target_width", target[1]},
                           {"normalized_coordinates", c.params().flag(P::kNormalizedCoordinates)},
                           {"spatial_scale", scale},
                           {"box_coordinate_mode", kBoxModes[box_mode]},
                           {"sampling_mode", sampling}});
  if (c.rank(0) <= 4) {
    c.set(y);
  } else if (several) {
    std::vector<ValueId> sizes = {size_of(c, given_boxes, 0), size_of(c, x, 0)};
    for (int64_t axis = 1; axis < 4; ++axis) sizes.push_back(size_of(c, y, axis));
    c.set(c.op("reshape", {{"x", y}, {"shape", c.op("stack", {{"values", sizes}, {"axis", 0}})}}));
  } else if (c.dim(y, 0) == 1) {
    c.set_blob({y, 1}, 0);
  } else {
    c.set(c.expand(y, {1}));
  }
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kUpsample, "upsample", lower_upsample},
    {L::kResizeBilinear, "resizeBilinear", lower_resize_bilinear},
    {L::kCropResize, "cropResize", lower_crop_resize},
};

}  // namespace

WF_LAYER_FILE(resize, kDefs);
}  // namespace wf
