// relu and relu6: max(x, 0), capped at 6.
#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloats)};
constexpr std::string_view kSamples[] = {"x=T[2,3,5]", "x=T[7]", "x=T[1,0,4]"};

double relu(double x) { return std::isnan(x) ? x : std::max(x, 0.0); }

Status relu_reference(Evaluation& eval) { return map_unary(eval, relu); }
Status relu6_reference(Evaluation& eval) {
  return map_unary(eval, [](double x) { return std::isnan(x) ? x : std::min(relu(x), 6.0); });
}

constexpr OpDef kDefs[] = {
    {.name = "relu",
     .params = kParams,
     .infer = infer_like_x,
     .reference = relu_reference,
     .samples = kSamples,
     .doc = "max(x, 0). NaN stays NaN. Source: MIL, iOS15 activation."},
    {.name = "relu6",
     .params = kParams,
     .infer = infer_like_x,
     .reference = relu6_reference,
     .samples = kSamples,
     .doc = "min(max(x, 0), 6). NaN stays NaN. Source: MIL, iOS15 activation."},
};

}  // namespace

WF_OP_FILE(relu, kDefs);
}  // namespace wf
