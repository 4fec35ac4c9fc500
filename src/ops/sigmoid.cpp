// sigmoid, silu, softplus, softsign: activations without parameters.
#include <cmath>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloats)};
constexpr std::string_view kSamples[] = {"x=T[2,3,5]", "x=T[7]@-60:60", "x=T[1,0,4]", "x=T[]"};

template <auto F>
Status reference(Evaluation& eval) {
  return map_unary(eval, F);
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double silu(double x) { return x / (1 + std::exp(-x)); }
double softplus(double x) { return std::log1p(std::exp(-std::fabs(x))) + nan_max(x, 0); }
double softsign(double x) { return x / (1 + std::fabs(x)); }

constexpr OpDef def(std::string_view name, ReferenceFn reference, std::string_view doc) {
  return {.name = name,
          .params = kParams,
          .infer = infer_like_x,
          .reference = reference,
          .samples = kSamples,
          .doc = doc};
}

constexpr OpDef kDefs[] = {
    def("sigmoid", reference<sigmoid>, "1 / (1 + exp(-x)). Source: MIL, iOS15 activation."),
    def("silu", reference<silu>, "x * sigmoid(x). Source: MIL, iOS15 activation."),
    def("softplus", reference<softplus>,
        "log(1 + exp(x)), as log1p(exp(-|x|)) + max(x, 0). Source: MIL, iOS15 activation."),
    def("softsign", reference<softsign>, "x / (1 + |x|). Source: MIL, iOS15 activation."),
};

}  // namespace

WF_OP_FILE(sigmoid, kDefs);
}  // namespace wf
