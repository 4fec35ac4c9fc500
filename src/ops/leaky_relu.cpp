// leaky_relu, elu, thresholded_relu: activations with one constant alpha.
#include <cmath>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloats, 'T'), Param("alpha").of(kFloats, 'T').constant()};
constexpr Param kParamsIos17[] = {Param("x").of(kFloats), Param("alpha").of(kFloats).constant()};
constexpr std::string_view kSamples[] = {"x=T[2,3,5] alpha=0.3", "x=T[7] alpha=1.5", "x=T[1,0,4] alpha=0.1"};
constexpr std::string_view kSamplesIos17[] = {"x=T[2,3,5] alpha=f:0.3", "x=T[] alpha=0.5"};

template <auto F>
Status reference(Evaluation& eval) {
  const double alpha = eval.number("alpha");
  return map_unary(eval, [alpha](double x) { return F(x, alpha); });
}

constexpr double leaky_relu(double x, double alpha) { return x >= 0 ? x : alpha * x; }
double elu(double x, double alpha) { return x > 0 ? x : alpha * std::expm1(x); }
constexpr double thresholded_relu(double x, double alpha) { return x < alpha ? 0 : x; }

constexpr OpDef def(std::string_view name, ReferenceFn reference, std::string_view doc) {
  return {.name = name,
          .params = kParams,
          .infer = infer_like_x_with_scalars,
          .reference = reference,
          .samples = kSamples,
          .doc = doc};
}
// iOS17: alpha may have another float dtype than x; the output has x's.
constexpr OpDef ios17(OpDef def) {
  def.since = Opset::kIos17;
  def.params = kParamsIos17;
  def.samples = kSamplesIos17;
  return def;
}

constexpr OpDef kLeakyRelu =
    def("leaky_relu", reference<leaky_relu>, "x where x >= 0, alpha * x elsewhere. Source: MIL, activation.");
constexpr OpDef kElu =
    def("elu", reference<elu>, "x where x > 0, alpha * (exp(x) - 1) elsewhere. Source: MIL, activation.");
constexpr OpDef kThresholdedRelu =
    def("thresholded_relu", reference<thresholded_relu>,
        "x where x >= alpha, 0 elsewhere; NaN stays NaN. Source: MIL, activation.");

constexpr OpDef kDefs[] = {kLeakyRelu,  ios17(kLeakyRelu), kElu,
                           ios17(kElu), kThresholdedRelu,  ios17(kThresholdedRelu)};

}  // namespace

WF_OP_FILE(leaky_relu, kDefs);
}  // namespace wf
