// log, rsqrt, inverse: each adds an epsilon to x first.
#include <cmath>

#include "ops/elementwise.h"

namespace wf {
namespace {

// The defaults are the definition's own. A call that leaves epsilon out gets it in x's dtype: 1e-45 and 1e-12
// are 0 in fp16.
constexpr double kLogEpsilon = 1e-45;
constexpr double kRsqrtEpsilon = 1e-12;
constexpr double kInverseEpsilon = 1e-4;

constexpr Param x(char variable) { return Param("x").of(kFloats, variable); }
constexpr Param epsilon(double value, char variable) {
  return Param("epsilon").of(kFloats, variable).constant().or_number(value);
}
constexpr Param kLog[] = {x('T'), epsilon(kLogEpsilon, 'T')};
constexpr Param kLogIos17[] = {x('T'), epsilon(kLogEpsilon, 'U')};
constexpr Param kRsqrt[] = {x('T'), epsilon(kRsqrtEpsilon, 'T')};
constexpr Param kRsqrtIos17[] = {x('T'), epsilon(kRsqrtEpsilon, 'U')};
constexpr Param kInverse[] = {x('T'), epsilon(kInverseEpsilon, 'T')};
constexpr Param kInverseIos17[] = {x('T'), epsilon(kInverseEpsilon, 'U')};

constexpr std::string_view kSamples[] = {"x=T[2,3,5]@0.1:4", "x=T[4]@0.1:4 epsilon=0.5", "x=T[1,0,4]",
                                         "x=T[7]@1:9 epsilon=1e-5"};
constexpr std::string_view kSamplesIos17[] = {"x=T[2,3,5]@0.1:4 epsilon=f:0.25", "x=T[4]@0.1:4", "x=T[]@1:2"};

template <auto F>
Status reference(Evaluation& eval) {
  const double given = eval.number("epsilon");
  const double epsilon = eval.has("epsilon") ? given : rounded_to(eval.dtype("x"), given);
  return map_unary(eval, [epsilon](double x) { return F(x + epsilon); });
}

double logarithm(double x) { return std::log(x); }
double inverse_root(double x) { return 1 / std::sqrt(x); }
constexpr double reciprocal(double x) { return 1 / x; }

constexpr OpDef def(std::string_view name, std::span<const Param> params, ReferenceFn reference,
                    std::string_view doc) {
  return {.name = name,
          .params = params,
          .infer = infer_like_x_with_scalars,
          .reference = reference,
          .samples = kSamples,
          .doc = doc};
}
// iOS17: epsilon may have another float dtype than x.
constexpr OpDef ios17(OpDef def, std::span<const Param> params) {
  def.since = Opset::kIos17;
  def.params = params;
  def.samples = kSamplesIos17;
  return def;
}

constexpr OpDef kLogDef =
    def("log", kLog, reference<logarithm>,
        "log(x + epsilon), natural; epsilon defaults to 1e-45 (0 in fp16). Source: MIL, "
        "elementwise_unary.");
constexpr OpDef kRsqrtDef = def("rsqrt", kRsqrt, reference<inverse_root>,
                                "1 / sqrt(x + epsilon); epsilon defaults to 1e-12 (0 in fp16). Source: MIL, "
                                "elementwise_unary.");
constexpr OpDef kInverseDef =
    def("inverse", kInverse, reference<reciprocal>,
        "1 / (x + epsilon); epsilon defaults to 1e-4. Source: MIL, elementwise_unary.");

constexpr OpDef kDefs[] = {kLogDef,     ios17(kLogDef, kLogIos17),
                           kRsqrtDef,   ios17(kRsqrtDef, kRsqrtIos17),
                           kInverseDef, ios17(kInverseDef, kInverseIos17)};

}  // namespace

WF_OP_FILE(log, kDefs);
}  // namespace wf
