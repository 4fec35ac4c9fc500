// gelu: x times the normal distribution's cumulative function, exact or approximated.
#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloats), Param("mode").text().constant().or_text("EXACT")};
constexpr std::string_view kSamples[] = {"x=T[2,3,5]", "x=T[7]@-6:6 mode=\"TANH_APPROXIMATION\"",
                                         "x=T[1,0,4] mode=\"SIGMOID_APPROXIMATION\"",
                                         "x=T[5] mode=\"SIGMOID_APPROXIMATION\"", "x=T[] mode=\"EXACT\""};

// erfc keeps the digits that 1 + erf loses for very negative x.
double exact(double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); }
double by_tanh(double x) {
  const double scale = std::sqrt(2 / std::numbers::pi);
  return 0.5 * x * (1 + std::tanh(scale * (x + 0.044715 * x * x * x)));
}
double by_sigmoid(double x) { return x / (1 + std::exp(-1.702 * x)); }

using Form = double (*)(double);
Form form_of(std::string_view mode) {
  if (mode == "EXACT") return exact;
  if (mode == "TANH_APPROXIMATION") return by_tanh;
  if (mode == "SIGMOID_APPROXIMATION") return by_sigmoid;
  return nullptr;
}

Result<std::vector<ValueType>> infer(const Call& call) {
  const std::string mode = call.text("mode");
  if (!form_of(mode)) {
    return call.error(
        fmt::format("mode is '{}', expected EXACT, TANH_APPROXIMATION or SIGMOID_APPROXIMATION", mode));
  }
  return infer_like_x(call);
}

Status reference(Evaluation& eval) { return map_unary(eval, form_of(eval.text("mode"))); }

constexpr OpDef kDefs[] = {{
    .name = "gelu",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "EXACT: x/2 * (1 + erf(x/sqrt 2)). TANH_APPROXIMATION: x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 "
           "x^3))). "
           "SIGMOID_APPROXIMATION: x * sigmoid(1.702 x). Source: MIL, iOS15 activation.",
}};

}  // namespace

WF_OP_FILE(gelu, kDefs);
}  // namespace wf
