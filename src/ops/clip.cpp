// clip and threshold: bounds on the values.
#include <fmt/format.h>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kClip[] = {Param("x").of(kFloats, 'T'), Param("alpha").of(kFloats, 'T').constant(),
                           Param("beta").of(kFloats, 'T').constant()};
constexpr Param kClipIos17[] = {Param("x").of(kFloats), Param("alpha").of(kFloats, 'U').constant(),
                                Param("beta").of(kFloats, 'U').constant()};
constexpr Param kThreshold[] = {Param("x").of(kFloatsAndInt32, 'T'),
                                Param("alpha").of(kFloatsAndInt32, 'T').constant()};
constexpr std::string_view kClipSamples[] = {"x=T[2,3,5] alpha=-0.5 beta=0.7", "x=T[7] alpha=2.0 beta=1.0",
                                             "x=T[1,0,4] alpha=0.0 beta=6.0"};
constexpr std::string_view kClipSamplesIos17[] = {"x=T[2,3,5] alpha=f:-0.5 beta=f:0.7",
                                                  "x=T[] alpha=0.0 beta=6.0"};
constexpr std::string_view kThresholdSamples[] = {"x=T[2,3,5] alpha=0.25", "x=int32[7] alpha=-2",
                                                  "x=T[1,0,4] alpha=1.0"};

Result<std::vector<ValueType>> infer_clip_ios17(const Call& call) {
  WF_TRY(auto types, infer_like_x_with_scalars(call));
  const double alpha = call.number("alpha");
  const double beta = call.number("beta");
  if (!(alpha < beta))
    return call.error(fmt::format("alpha is {}, beta {}: expected alpha < beta", alpha, beta));
  return types;
}

Status clip(Evaluation& eval) {
  const double alpha = eval.number("alpha");
  const double beta = eval.number("beta");
  return map_unary(eval, [=](double x) { return nan_min(nan_max(x, alpha), beta); });
}

Status threshold(Evaluation& eval) {
  const double alpha = eval.number("alpha");
  return map_unary(eval, [alpha](double x) { return nan_max(x, alpha); });
}

constexpr OpDef kDefs[] = {
    {.name = "clip",
     .params = kClip,
     .infer = infer_like_x_with_scalars,
     .reference = clip,
     .samples = kClipSamples,
     .doc = "min(max(x, alpha), beta). Source: MIL, iOS15 elementwise_unary."},
    {.name = "clip",
     .since = Opset::kIos17,
     .params = kClipIos17,
     .infer = infer_clip_ios17,
     .reference = clip,
     .samples = kClipSamplesIos17,
     .doc = "min(max(x, alpha), beta), alpha < beta. Source: MIL, iOS17 elementwise_unary."},
    {.name = "threshold",
     .params = kThreshold,
     .infer = infer_like_x_with_scalars,
     .reference = threshold,
     .samples = kThresholdSamples,
     .doc = "max(x, alpha). Source: MIL, iOS15 elementwise_unary."},
};

}  // namespace

WF_OP_FILE(clip, kDefs);
}  // namespace wf
