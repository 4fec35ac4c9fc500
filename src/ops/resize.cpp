// resize: any number of last dimensions to sizes that may be known only when the program runs.
#include <fmt/format.h>

#include "ops/sampling.h"

namespace wf {
namespace {

constexpr DTypeSet kSizes{DType::kInt32, DType::kInt16, DType::kUInt16, DType::kUInt32};
constexpr Param kParams[] = {Param("x").of(kFloatsAndInt32), Param("shape").of(kSizes),
                             Param("resized_dims").ints().constant(),
                             Param("interpolation_mode").text().or_text("LINEAR").constant(),
                             Param("sampling_mode").text().or_text("DEFAULT").constant()};
constexpr std::string_view kSamples[] = {
    "x=T[1,2,3,4] shape={1,6,8} resized_dims=uint32:2",
    "x=T[1,2,3,4] shape={1,0,0} resized_dims=uint32:2",
    "x=T[2,3,4] shape={5,2,7} resized_dims=uint32:3 sampling_mode=\"UNALIGN_CORNERS\"",
    "x=T[2,3] shape={5} resized_dims=uint32:1 sampling_mode=\"OFFSET_CORNERS\"",
    "x=T[1,2,3] shape={7,2} resized_dims=uint32:2 interpolation_mode=\"NEAREST_NEIGHBOR\"",
    "x=T[1,2,3] shape={4,4} resized_dims=uint32:2 interpolation_mode=\"NEAREST_NEIGHBOR\" "
    "sampling_mode=\"ALIGN_CORNERS\"",
    "x=int32[1,2,3] shape={4,4} resized_dims=uint32:2 interpolation_mode=\"NEAREST_NEIGHBOR\""};

Result<bool> is_linear(const Call& call) {
  const std::string text = call.text("interpolation_mode");
  if (text == "LINEAR") return true;
  if (text == "NEAREST_NEIGHBOR") return false;
  return call.error(fmt::format("interpolation_mode is '{}', expected LINEAR or NEAREST_NEIGHBOR", text));
}

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_CHECK(is_linear(call));
  WF_CHECK(sampling_mode_of(call));
  const Shape& x = call.shape("x");
  const int64_t resized = call.integer("resized_dims");
  if (call.rank("shape") != 1) {
    return call.error(fmt::format("shape is {}, expected a vector", to_string(call.shape("shape"))));
  }
  const int64_t given = call.shape("shape")[0];
  if (resized < 0 || resized > call.rank("x") ||
      (given != kUnknownSize && (resized > given || given > call.rank("x")))) {
    return call.error(
        fmt::format("resized_dims is {} and shape has {} entries, expected resized_dims <= entries <= {}",
                    resized, given, x.size()));
  }
  const auto count = static_cast<size_t>(resized);
  Shape sizes(count, kUnknownSize);
  if (const auto values = call.ints("shape"); values && values->size() >= count) {
    for (size_t i = 0; i < count; ++i) {
      const int64_t wanted = (*values)[values->size() - count + i];
      if (wanted < 0)
        return call.error(fmt::format("shape is {}, expected sizes of at least 0", to_string(*values)));
      sizes[i] = wanted == 0 ? x[x.size() - count + i] : wanted;
    }
  }
  return infer_resized(call, sizes);
}

Status reference(Evaluation& eval) {
  WF_TRY(const SamplingMode mode, sampling_mode_of(eval));
  WF_TRY(const bool linear, is_linear(eval));
  const auto dimensions = static_cast<size_t>(eval.integer("resized_dims"));
  return resize_last(eval, dimensions, mode, linear ? linear_position : nearest_position);
}

constexpr OpDef kDefs[] = {{
    .name = "resize",
    .since = Opset::kIos17,
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc =
        "The last resized_dims entries of `shape` are the new sizes of x's last dimensions, 0 keeps a size. "
        "LINEAR "
        "samples as resize_bilinear does in every one of them, NEAREST_NEIGHBOR takes floor((i + 1/2) X / Y) "
        "under "
        "DEFAULT, the element nearest to the mode's position otherwise. Source: MIL, iOS17 image resizing.",
}};

}  // namespace

WF_OP_FILE(resize, kDefs);
}  // namespace wf
