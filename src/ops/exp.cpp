// exp, exp2, erf, sqrt.
#include <cmath>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kFloatX[] = {Param("x").of(kFloats)};
constexpr Param kNumberX[] = {Param("x").of(kFloatsAndInt32)};
constexpr std::string_view kSamples[] = {"x=T[2,3,5]", "x=T[7]@-4:4", "x=T[1,0,4]", "x=T[]"};
constexpr std::string_view kExp2Samples[] = {"x=T[2,3,5]", "x=T[7]@-4:4", "x=T[1,0,4]", "x=int32[5]@-2:20"};
constexpr std::string_view kSqrtSamples[] = {"x=T[2,3,5]@0:9", "x=T[7]@0:0.01", "x=T[1,0,4]"};

template <auto F>
Status reference(Evaluation& eval) {
  return map_unary(eval, F);
}

double exponential(double x) { return std::exp(x); }
double power_of_two(double x) { return std::exp2(x); }
double error_function(double x) { return std::erf(x); }
double square_root(double x) { return std::sqrt(x); }

constexpr OpDef kDefs[] = {
    {.name = "exp",
     .params = kFloatX,
     .infer = infer_like_x,
     .reference = reference<exponential>,
     .samples = kSamples,
     .doc = "e^x. Source: MIL, iOS15 elementwise_unary."},
    {.name = "exp2",
     .params = kNumberX,
     .infer = infer_like_x,
     .reference = reference<power_of_two>,
     .samples = kExp2Samples,
     .doc =
         "2^x; an int32 result is truncated toward 0 and saturates. Source: MIL, iOS15 elementwise_unary."},
    {.name = "erf",
     .params = kFloatX,
     .infer = infer_like_x,
     .reference = reference<error_function>,
     .samples = kSamples,
     .doc = "2/sqrt(pi) times the integral of exp(-t^2) from 0 to x. Source: MIL, iOS15 elementwise_unary."},
    {.name = "sqrt",
     .params = kFloatX,
     .infer = infer_like_x,
     .reference = reference<square_root>,
     .samples = kSqrtSamples,
     .doc = "The square root; NaN for negative x. Source: MIL, iOS15 elementwise_unary."},
};

}  // namespace

WF_OP_FILE(exp, kDefs);
}  // namespace wf
