// linear_activation, sigmoid_hard, scaled_tanh, clamped_relu: activations with two constants, alpha and beta.
#include <cmath>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloats, 'T'), Param("alpha").of(kFloats, 'T').constant(),
                             Param("beta").of(kFloats, 'T').constant()};
constexpr Param kParamsIos17[] = {Param("x").of(kFloats), Param("alpha").of(kFloats, 'U').constant(),
                                  Param("beta").of(kFloats, 'U').constant()};
constexpr std::string_view kSamples[] = {"x=T[2,3,5] alpha=0.2 beta=0.5", "x=T[7]@-8:8 alpha=-1.5 beta=2.0",
                                         "x=T[1,0,4] alpha=0.1 beta=6.0"};
constexpr std::string_view kSamplesIos17[] = {"x=T[2,3,5] alpha=f:0.2 beta=f:0.5",
                                              "x=T[] alpha=0.5 beta=1.0"};

template <auto F>
Status reference(Evaluation& eval) {
  const double alpha = eval.number("alpha");
  const double beta = eval.number("beta");
  return map_unary(eval, [alpha, beta](double x) { return F(x, alpha, beta); });
}

constexpr double linear(double x, double alpha, double beta) { return alpha * x + beta; }
double sigmoid_hard(double x, double alpha, double beta) { return nan_min(nan_max(alpha * x + beta, 0), 1); }
double scaled_tanh(double x, double alpha, double beta) { return alpha * std::tanh(beta * x); }
double clamped_relu(double x, double alpha, double beta) { return nan_min(x >= 0 ? x : alpha * x, beta); }

constexpr OpDef def(std::string_view name, ReferenceFn reference, std::string_view doc) {
  return {.name = name,
          .params = kParams,
          .infer = infer_like_x_with_scalars,
          .reference = reference,
          .samples = kSamples,
          .doc = doc};
}
// iOS17: alpha and beta may have another float dtype than x; the output has x's.
constexpr OpDef ios17(OpDef def) {
  def.since = Opset::kIos17;
  def.params = kParamsIos17;
  def.samples = kSamplesIos17;
  return def;
}

constexpr OpDef kLinear =
    def("linear_activation", reference<linear>, "alpha * x + beta. Source: MIL, activation.");
constexpr OpDef kSigmoidHard = def("sigmoid_hard", reference<sigmoid_hard>,
                                   "min(max(alpha * x + beta, 0), 1). Source: MIL, activation.");
constexpr OpDef kScaledTanh =
    def("scaled_tanh", reference<scaled_tanh>, "alpha * tanh(beta * x). Source: MIL, activation.");
constexpr OpDef kClampedRelu =
    def("clamped_relu", reference<clamped_relu>,
        "min(beta, x) where x >= 0, min(beta, alpha * x) elsewhere. Source: MIL, activation.");

constexpr OpDef kDefs[] = {kLinear,     ios17(kLinear),     kSigmoidHard, ios17(kSigmoidHard),
                           kScaledTanh, ios17(kScaledTanh), kClampedRelu, ios17(kClampedRelu)};

}  // namespace

WF_OP_FILE(linear_activation, kDefs);
}  // namespace wf
