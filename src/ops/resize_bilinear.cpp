// resize_bilinear, resize_nearest_neighbor: the last two dimensions to a given size.
#include <fmt/format.h>

#include "ops/sampling.h"

namespace wf {
namespace {

constexpr Param kLinearParams[] = {Param("x").of(kFloats),
                                   Param("target_size_height").ints().or_integer(1).constant(),
                                   Param("target_size_width").ints().or_integer(1).constant(),
                                   Param("sampling_mode").text().or_text("DEFAULT").constant()};
constexpr Param kNearestParams[] = {Param("x").of(kFloats), Param("target_size_height").ints().constant(),
                                    Param("target_size_width").ints().constant()};
constexpr std::string_view kLinearSamples[] = {
    "x=T[2,3,4] target_size_height=5 target_size_width=7",
    "x=T[1,2,5,4] target_size_height=3 target_size_width=9 sampling_mode=\"STRICT_ALIGN_CORNERS\"",
    "x=T[1,2,5,4] target_size_height=1 target_size_width=1 sampling_mode=\"ALIGN_CORNERS\"",
    "x=T[2,5,4] target_size_height=2 target_size_width=6 sampling_mode=\"OFFSET_CORNERS\"",
    "x=T[2,1,5,4] target_size_height=8 target_size_width=3 sampling_mode=\"UNALIGN_CORNERS\"",
    "x=T[0,5,4] target_size_height=8 target_size_width=3"};
constexpr std::string_view kNearestSamples[] = {"x=T[2,3,4] target_size_height=5 target_size_width=7",
                                                "x=T[1,2,5,4] target_size_height=2 target_size_width=3",
                                                "x=T[0,5,4] target_size_height=8 target_size_width=3"};

Result<std::vector<ValueType>> infer(const Call& call) {
  if (call.rank("x") < 3)
    return call.error(fmt::format("x is {}, expected rank 3 or more", to_string(call.shape("x"))));
  const int64_t sizes[] = {call.integer("target_size_height"), call.integer("target_size_width")};
  if (sizes[0] < 1 || sizes[1] < 1) {
    return call.error(fmt::format("target size is {} x {}, expected at least 1 x 1", sizes[0], sizes[1]));
  }
  return infer_resized(call, sizes);
}

Result<std::vector<ValueType>> infer_linear(const Call& call) {
  WF_CHECK(sampling_mode_of(call));
  return infer(call);
}

Status linear_reference(Evaluation& eval) {
  WF_TRY(const SamplingMode mode, sampling_mode_of(eval));
  return resize_last(eval, 2, mode, linear_position);
}
Status nearest_reference(Evaluation& eval) {
  return resize_last(eval, 2, SamplingMode::kDefault, nearest_position);
}

constexpr OpDef kDefs[] = {
    {.name = "resize_bilinear",
     .params = kLinearParams,
     .infer = infer_linear,
     .reference = linear_reference,
     .samples = kLinearSamples,
     .doc = "The last two dimensions sampled linearly at (X input, Y output elements, clamped to the input): "
            "STRICT_ALIGN_CORNERS i (X-1) / (Y-1); ALIGN_CORNERS the same but the middle if Y = 1; DEFAULT i "
            "X / Y; "
            "OFFSET_CORNERS (i + 1/2) max(1, X-1) / Y; UNALIGN_CORNERS (i + 1/2) X / Y - 1/2. Source: MIL, "
            "iOS15 image "
            "resizing."},
    {.name = "resize_nearest_neighbor",
     .params = kNearestParams,
     .infer = infer,
     .reference = nearest_reference,
     .samples = kNearestSamples,
     .doc = "The last two dimensions by the element floor((i + 1/2) X / Y), X input and Y output elements. "
            "Source: MIL, "
            "iOS15 image resizing; the coordinates as TensorFlow's half_pixel_centers."},
};

}  // namespace

WF_OP_FILE(resize_bilinear, kDefs);
}  // namespace wf
