// upsample_bilinear, upsample_nearest_neighbor: the last two dimensions by a factor.
#include <fmt/format.h>

#include <cmath>

#include "ops/sampling.h"
#include "ops/windows.h"

namespace wf {

// Half-pixel centres are the default exactly where corners are not aligned.
Result<SamplingMode> upsampling_mode_of(const Call& call) {
  const bool align = call.flag("align_corners");
  const bool half_pixel = call.has("half_pixel_centers") ? call.flag("half_pixel_centers") : !align;
  if (align && half_pixel) return call.error("align_corners and half_pixel_centers exclude each other");
  return align        ? SamplingMode::kStrictAlignCorners
         : half_pixel ? SamplingMode::kUnalignCorners
                      : SamplingMode::kDefault;
}

namespace {

constexpr DTypeSet kScales{DType::kInt32, DType::kFloat32};
constexpr Param kNearestParams[] = {Param("x").of(kFloats),
                                    Param("scale_factor_height").of(kScales, 'U').or_number(1).constant(),
                                    Param("scale_factor_width").of(kScales, 'U').or_number(1).constant()};
constexpr Param kParamsIos15[] = {Param("x").of(kFloats),
                                  Param("scale_factor_height").of(kScales, 'U').or_number(1).constant(),
                                  Param("scale_factor_width").of(kScales, 'U').or_number(1).constant(),
                                  Param("align_corners").flags().or_flag(true).constant()};
constexpr Param kParamsIos16[] = {Param("x").of(kFloats),
                                  Param("scale_factor_height").of(kScales, 'U').or_number(1).constant(),
                                  Param("scale_factor_width").of(kScales, 'U').or_number(1).constant(),
                                  Param("align_corners").flags().or_flag(true).constant(),
                                  Param("half_pixel_centers").flags().optional().constant()};
constexpr std::string_view kSamples[] = {"x=T[2,3,4] scale_factor_height=2 scale_factor_width=3",
                                         "x=T[1,2,3,4] scale_factor_height=f:1.7 scale_factor_width=f:2.6",
                                         "x=T[1,1,5,7] scale_factor_height=f:0.5 scale_factor_width=f:0.7",
                                         "x=T[0,2,2] scale_factor_height=2"};
constexpr std::string_view kLinearSamples[] = {
    "x=T[2,3,4] scale_factor_height=2 scale_factor_width=3",
    "x=T[1,2,3,4] scale_factor_height=f:1.7 scale_factor_width=f:2.6 align_corners=false",
    "x=T[1,1,5,7] scale_factor_height=f:0.5 scale_factor_width=f:0.7 align_corners=false",
    "x=T[0,2,2] scale_factor_height=2"};
constexpr std::string_view kSamplesIos16[] = {
    "x=T[2,3,4] scale_factor_height=2 scale_factor_width=3 align_corners=false half_pixel_centers=false",
    "x=T[2,3,4] scale_factor_height=2 scale_factor_width=3 align_corners=false half_pixel_centers=true",
    "x=T[1,2,3,4] scale_factor_height=f:1.7 scale_factor_width=f:2.6"};

// floor(in * scale), the product rounded to fp32 as the scale is.
Result<int64_t> scaled(const Call& call, std::string_view name, int64_t in) {
  if (in == kUnknownSize) return kUnknownSize;
  const double scale = call.number(name);
  const double out = std::floor(static_cast<float>(static_cast<double>(in) * scale));
  if (!(out >= 1 && out <= static_cast<double>(kMaxSpatialSize))) {
    return call.error(fmt::format("'{}' is {}, a size of {} would become {}", name, scale, in, out));
  }
  return static_cast<int64_t>(out);
}

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  if (x.size() < 3) return call.error(fmt::format("x is {}, expected rank 3 or more", to_string(x)));
  WF_TRY(const int64_t height, scaled(call, "scale_factor_height", x[x.size() - 2]));
  WF_TRY(const int64_t width, scaled(call, "scale_factor_width", x.back()));
  const int64_t sizes[] = {height, width};
  return infer_resized(call, sizes);
}

Result<std::vector<ValueType>> infer_linear(const Call& call) {
  WF_CHECK(upsampling_mode_of(call));
  return infer(call);
}

Status linear_reference(Evaluation& eval) {
  WF_TRY(const SamplingMode mode, upsampling_mode_of(eval));
  return resize_last(eval, 2, mode, linear_position);
}
Status nearest_reference(Evaluation& eval) {
  return resize_last(eval, 2, SamplingMode::kDefault, floor_position);
}

constexpr std::string_view kDoc =
    "The last two dimensions to Y = floor(X * scale), sampled linearly at i (X-1) / (Y-1) (align_corners), "
    "else at (i + "
    "1/2) X / Y - 1/2, or at i X / Y if half_pixel_centers is false too (iOS16): the ratio of the sizes "
    "counts, not the "
    "scale. Source: MIL, iOS15 and iOS16 image resizing; PyTorch's interpolate with recompute_scale_factor.";

constexpr OpDef kDefs[] = {
    {.name = "upsample_bilinear",
     .params = kParamsIos15,
     .infer = infer_linear,
     .reference = linear_reference,
     .samples = kLinearSamples,
     .doc = kDoc},
    {.name = "upsample_bilinear",
     .since = Opset::kIos16,
     .params = kParamsIos16,
     .infer = infer_linear,
     .reference = linear_reference,
     .samples = kSamplesIos16,
     .doc = kDoc},
    {.name = "upsample_nearest_neighbor",
     .params = kNearestParams,
     .infer = infer,
     .reference = nearest_reference,
     .samples = kSamples,
     .doc = "The last two dimensions to Y = floor(X * scale) by the element floor(i X / Y). Source: MIL, "
            "iOS15 image "
            "resizing."},
};

}  // namespace

WF_OP_FILE(upsample, kDefs);
}  // namespace wf
