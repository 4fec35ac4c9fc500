// crop_resize: boxes of an image, each resized to one size.
#include <fmt/format.h>

#include <array>

#include "ops/sampling.h"
#include "ops/windows.h"
#include "ops/work_buffer.h"

namespace wf {
namespace {

constexpr DTypeSet kBoxes{DType::kFloat16, DType::kFloat32, DType::kUInt16};
constexpr DTypeSet kIndices{DType::kUInt16, DType::kInt32};
constexpr DTypeSet kFloat32{DType::kFloat32};
constexpr Param kHeight = Param("target_height").ints().or_integer(1).constant();
constexpr Param kWidth = Param("target_width").ints().or_integer(1).constant();
constexpr Param kNormalized = Param("normalized_coordinates").flags().or_flag(false).constant();
constexpr Param kScale = Param("spatial_scale").of(kFloat32).or_number(1).constant();
constexpr Param kBoxMode = Param("box_coordinate_mode").text().or_text("CORNERS_HEIGHT_FIRST").constant();
constexpr Param kSamplingMode = Param("sampling_mode").text().or_text("DEFAULT").constant();
constexpr Param kPadValue = Param("pad_value").of(kFloats, 'T').or_number(0).constant();
constexpr Param kImage = Param("x").of(kFloats, 'T');
constexpr Param kRoi = Param("roi").of(kFloats, 'T');

constexpr Param kParamsIos15[] = {kImage,      kRoi,   kHeight,  kWidth,
                                  kNormalized, kScale, kBoxMode, kSamplingMode};
constexpr Param kParamsIos16[] = {kImage, kRoi,     kHeight,       kWidth,   kNormalized,
                                  kScale, kBoxMode, kSamplingMode, kPadValue};
constexpr Param kParamsIos17[] = {kImage,
                                  Param("boxes").of(kBoxes),
                                  Param("box_indices").of(kIndices).optional(),
                                  kHeight,
                                  kWidth,
                                  kNormalized,
                                  kScale,
                                  kBoxMode,
                                  kSamplingMode,
                                  kPadValue};

constexpr std::string_view kSamplesIos15[] = {
    "x=T[2,3,6,5] roi=T[2,1,4,1,1]@0:4 target_height=3 target_width=2",
    "x=T[2,1,6,5] roi=T[3,1,5,1,1]@0:1 target_height=2 target_width=4 normalized_coordinates=true "
    "sampling_mode=\"ALIGN_CORNERS\" box_coordinate_mode=\"CENTER_SIZE_WIDTH_FIRST\"",
    "x=T[1,2,4,4] roi=T[1,1,4,1,1]@0:8 spatial_scale=f:0.5 target_height=2 target_width=2 "
    "sampling_mode=\"OFFSET_CORNERS\""};
constexpr std::string_view kSamplesIos16[] = {
    "x=T[1,2,4,4] roi=T[3,1,4,1,1]@-2:6 target_height=2 target_width=3 pad_value=0.5 "
    "sampling_mode=\"UNALIGN_CORNERS\"",
    "x=T[2,3,6,5] roi=T[2,1,4,1,1]@0:4 target_height=3 target_width=2 "
    "box_coordinate_mode=\"CORNERS_WIDTH_FIRST\"",
    "x=T[2,1,4,4] roi=T[0,1,4,1,1] target_height=2 target_width=3"};
constexpr std::string_view kSamplesIos17[] = {
    "x=T[2,2,4,4] boxes=T[2,4]@-1:5 target_height=2 target_width=3 pad_value=0.5 "
    "sampling_mode=\"STRICT_ALIGN_CORNERS\"",
    "x=T[1,2,4,4] boxes=T[3,4]@0:1 box_indices={0,0,0} target_height=2 target_width=3 "
    "normalized_coordinates=true",
    "x=T[1,2,9,9] boxes=uint16[1,4]@0:8 target_height=4 target_width=1 "
    "box_coordinate_mode=\"CENTER_SIZE_HEIGHT_FIRST\""};

enum class BoxMode : uint8_t {
  kCornersHeightFirst,
  kCornersWidthFirst,
  kCenterHeightFirst,
  kCenterWidthFirst
};
Result<BoxMode> box_mode_of(const Call& call) {
  const std::string text = call.text("box_coordinate_mode");
  if (text == "CORNERS_HEIGHT_FIRST") return BoxMode::kCornersHeightFirst;
  if (text == "CORNERS_WIDTH_FIRST") return BoxMode::kCornersWidthFirst;
  if (text == "CENTER_SIZE_HEIGHT_FIRST") return BoxMode::kCenterHeightFirst;
  if (text == "CENTER_SIZE_WIDTH_FIRST") return BoxMode::kCenterWidthFirst;
  return call.error(
      fmt::format("box_coordinate_mode is '{}', expected CORNERS_ or CENTER_SIZE_ with HEIGHT_FIRST or "
                  "WIDTH_FIRST",
                  text));
}

// What every opset asks of image and target.
Status check_common(const Call& call) {
  const Shape& x = call.shape("x");
  if (x.size() != 4)
    return call.error(fmt::format("x is {}, expected [n, channels, height, width]", to_string(x)));
  if (x[2] == 0 || x[3] == 0) return call.error(fmt::format("x is {}: nothing to crop", to_string(x)));
  for (const std::string_view name : {"target_height", "target_width"}) {
    const int64_t size = call.integer(name);
    if (size < 1 || size > kMaxSpatialSize)
      return call.error(fmt::format("'{}' is {}, expected at least 1", name, size));
  }
  WF_CHECK(sampling_mode_of(call));
  WF_CHECK(box_mode_of(call));
  return {};
}

Result<std::vector<ValueType>> infer_roi(const Call& call) {
  WF_CHECK(check_common(call));
  const Shape& x = call.shape("x");
  const Shape& roi = call.shape("roi");
  const auto is = [](int64_t size, int64_t wanted) { return size == wanted || size == kUnknownSize; };
  if (roi.size() != 5 || !is(roi[1], 1) || !(is(roi[2], 4) || is(roi[2], 5)) || !is(roi[3], 1) ||
      !is(roi[4], 1)) {
    return call.error(fmt::format("roi is {}, expected [boxes, 1, 4 or 5, 1, 1]", to_string(roi)));
  }
  const int64_t images = roi[2] == 5 ? 1 : roi[2] == 4 ? x[0] : kUnknownSize;
  return std::vector<ValueType>{tensor_type(
      call.dtype("x"), {roi[0], images, x[1], call.integer("target_height"), call.integer("target_width")})};
}

Result<std::vector<ValueType>> infer_boxes(const Call& call) {
  WF_CHECK(check_common(call));
  const Shape& x = call.shape("x");
  const Shape& boxes = call.shape("boxes");
  if (boxes.size() != 2 || (boxes[1] != 4 && boxes[1] != kUnknownSize)) {
    return call.error(fmt::format("boxes is {}, expected [boxes, 4]", to_string(boxes)));
  }
  const auto differ = [](int64_t a, int64_t b) { return a != b && a != kUnknownSize && b != kUnknownSize; };
  if (call.has("box_indices")) {
    const Shape& indices = call.shape("box_indices");
    if (indices.size() != 1 || differ(indices[0], boxes[0])) {
      return call.error(fmt::format("box_indices is {}, expected [{}]", to_string(indices), boxes[0]));
    }
  } else if (boxes[0] != kUnknownSize && x[0] != kUnknownSize && boxes[0] > x[0]) {
    return call.error(fmt::format("{} boxes without box_indices for {} images", boxes[0], x[0]));
  }
  if (call.flag("normalized_coordinates") && !is_floating(call.dtype("boxes"))) {
    return call.error("normalized_coordinates needs floating boxes");
  }
  return std::vector<ValueType>{tensor_type(
      call.dtype("x"), {boxes[0], x[1], call.integer("target_height"), call.integer("target_width")})};
}

// The two axes of one box in pixels, from its four numbers.
struct Box {
  SampledAxis height, width;
};
Result<Box> box_of(const Evaluation& eval, std::span<const double> numbers) {
  WF_TRY(const BoxMode mode, box_mode_of(eval));
  const bool width_first = mode == BoxMode::kCornersWidthFirst || mode == BoxMode::kCenterWidthFirst;
  const bool centered = mode == BoxMode::kCenterHeightFirst || mode == BoxMode::kCenterWidthFirst;
  const Shape& x = eval.input("x").shape();
  const auto axis = [&](size_t at, int64_t size, std::string_view target) {
    const double unit = eval.flag("normalized_coordinates") ? static_cast<double>(size - 1) : 1.0;
    const double scale = unit * eval.number("spatial_scale");
    const double a = numbers[at] * scale, b = numbers[at + 2] * scale;
    return centered ? SampledAxis{a - b / 2, a + b / 2, eval.integer(target)}
                    : SampledAxis{a, b, eval.integer(target)};
  };
  return Box{axis(width_first ? 1 : 0, x[2], "target_height"),
             axis(width_first ? 0 : 1, x[3], "target_width")};
}

// One channel of one crop. Sampling points outside the image are the padding value altogether.
Status crop_plane(const Evaluation& eval, int64_t plane, const Box& box, SamplingMode mode, double padding,
                  WorkBuffer& row, Tensor& out, int64_t at) {
  const Tensor& x = eval.input("x");
  const int64_t height = x.shape()[2], width = x.shape()[3];
  const int64_t strides[] = {width, 1};
  const auto within = [](double position, int64_t size) {
    return position >= 0 && position <= static_cast<double>(size - 1);
  };
  for (int64_t i = 0; i < box.height.out; ++i) {
    WF_CHECK(eval.tick());
    const double v = box.height.position(mode, i);
    for (int64_t j = 0; j < box.width.out; ++j) {
      const double position[] = {v, box.width.position(mode, j)};
      const bool inside = within(v, height) && within(position[1], width);
      row.data()[j] = inside ? interpolate(x, plane * height * width, strides, position) : padding;
    }
    write_doubles(out, at + i * box.width.out, row.all());
  }
  return {};
}

// `index_of(box)` is the image a box is cut from; nothing: from every one.
using ImageOfBox = std::optional<double> (*)(const Evaluation& eval, int64_t box,
                                             std::span<const double> numbers);

Status crop_all(Evaluation& eval, const Tensor& boxes, int64_t numbers_per_box, ImageOfBox image_of,
                double padding) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, eval.make_output(0));
  WF_TRY(const SamplingMode mode, sampling_mode_of(eval));
  const int64_t images = x.shape()[0], channels = x.shape()[1];
  const int64_t plane = eval.integer("target_height") * eval.integer("target_width");
  WF_TRY(WorkBuffer row, WorkBuffer::make(eval.integer("target_width")));
  int64_t at = 0;
  for (int64_t b = 0; b < boxes.size() / numbers_per_box && out.size() > 0; ++b) {
    std::array<double, 5> held{};
    const std::span<double> numbers = std::span(held).first(static_cast<size_t>(numbers_per_box));
    read_doubles(boxes, b * numbers_per_box, numbers);
    WF_TRY(const Box box, box_of(eval, numbers.last(4)));
    const std::optional<double> chosen = image_of(eval, b, numbers);
    if (chosen && !(*chosen >= 0 && *chosen < static_cast<double>(images))) {
      return Error(ErrorCode::kRuntime,
                   fmt::format("box {} is of image {}, there are {}", b, *chosen, images), eval.op().label());
    }
    const int64_t first = chosen ? static_cast<int64_t>(*chosen) : 0, last = chosen ? first : images - 1;
    for (int64_t p = first * channels; p < (last + 1) * channels; ++p, at += plane) {
      WF_CHECK(crop_plane(eval, p, box, mode, padding, row, out, at));
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

// With five numbers the first is the image.
std::optional<double> image_in_roi(const Evaluation&, int64_t, std::span<const double> numbers) {
  return numbers.size() == 5 ? std::optional(numbers[0]) : std::nullopt;
}
std::optional<double> image_in_indices(const Evaluation& eval, int64_t box, std::span<const double>) {
  return eval.has("box_indices") ? read_double(eval.input("box_indices"), box) : static_cast<double>(box);
}

Status reference_ios15(Evaluation& eval) {
  const Tensor& roi = eval.input("roi");
  return crop_all(eval, roi, roi.shape()[2], image_in_roi, 0.0);
}
Status reference_ios16(Evaluation& eval) {
  const Tensor& roi = eval.input("roi");
  return crop_all(eval, roi, roi.shape()[2], image_in_roi, eval.number("pad_value"));
}
Status reference_ios17(Evaluation& eval) {
  return crop_all(eval, eval.input("boxes"), 4, image_in_indices, eval.number("pad_value"));
}

constexpr std::string_view kRoiDoc =
    "Each of N boxes (roi [N, 1, 4, 1, 1]) cut from every image of x [B, C, H, W], or (roi [N, 1, 5, 1, 1], "
    "the image's "
    "index first) from one, and sampled linearly at target_height x target_width points: [N, B or 1, C, h, "
    "w]. Boxes are "
    "corners or centre and size; normalized ones are multiplied by (H - 1, W - 1), all by spatial_scale; "
    "they may run "
    "backwards. Points as resize_bilinear's sampling_mode puts them over [start, end]; a point outside the "
    "image is 0, "
    "from iOS16 on pad_value. Source: MIL, iOS15 and iOS16 image resizing.";

constexpr OpDef kDefs[] = {
    {.name = "crop_resize",
     .params = kParamsIos15,
     .infer = infer_roi,
     .reference = reference_ios15,
     .samples = kSamplesIos15,
     .doc = kRoiDoc},
    {.name = "crop_resize",
     .since = Opset::kIos16,
     .params = kParamsIos16,
     .infer = infer_roi,
     .reference = reference_ios16,
     .samples = kSamplesIos16,
     .doc = kRoiDoc},
    {.name = "crop_resize",
     .since = Opset::kIos17,
     .params = kParamsIos17,
     .infer = infer_boxes,
     .reference = reference_ios17,
     .samples = kSamplesIos17,
     .doc = "As before, with boxes [N, 4] and box_indices [N] (default 0, 1, 2, ...): [N, C, h, w]. Source: "
            "MIL, iOS17 image "
            "resizing."},
};

}  // namespace

WF_OP_FILE(crop_resize, kDefs);
}  // namespace wf
