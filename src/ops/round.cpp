// floor, ceil, round, and abs, sign, square.
#include <cmath>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kFloatX[] = {Param("x").of(kFloats)};
constexpr Param kNumberX[] = {Param("x").of(kFloatsAndInt32)};
constexpr std::string_view kFloatSamples[] = {"x=T[2,3,5]@-5:5", "x=T[7]", "x=T[1,0,4]"};
constexpr std::string_view kNumberSamples[] = {"x=T[2,3,5]@-5:5", "x=int32[7]", "x=T[]", "x=int32[1,0,4]"};

template <auto F>
Status of_floats(Evaluation& eval) {
  return map_unary(eval, F);
}
template <auto F, auto G>
Status of_numbers(Evaluation& eval) {
  return map_unary(eval, F, G);
}

double round_down(double x) { return std::floor(x); }
double round_up(double x) { return std::ceil(x); }
double round_to_even(double x) { return std::nearbyint(x); }
double magnitude(double x) { return std::fabs(x); }
constexpr int64_t magnitude_of_int(int64_t x) { return x < 0 ? -x : x; }
constexpr double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x; }
constexpr int64_t sign_of_int(int64_t x) { return (x > 0) - (x < 0); }
constexpr double square(double x) { return x * x; }
constexpr int64_t square_of_int(int64_t x) { return x * x; }

constexpr OpDef floats(std::string_view name, ReferenceFn reference, std::string_view doc) {
  return {.name = name,
          .params = kFloatX,
          .infer = infer_like_x,
          .reference = reference,
          .samples = kFloatSamples,
          .doc = doc};
}
constexpr OpDef numbers(std::string_view name, ReferenceFn reference, std::string_view doc) {
  return {.name = name,
          .params = kNumberX,
          .infer = infer_like_x,
          .reference = reference,
          .samples = kNumberSamples,
          .doc = doc};
}

constexpr OpDef kDefs[] = {
    floats("floor", of_floats<round_down>,
           "The largest integer not above x. Source: MIL, iOS15 elementwise_unary."),
    floats("ceil", of_floats<round_up>,
           "The smallest integer not below x. Source: MIL, iOS15 elementwise_unary."),
    floats("round", of_floats<round_to_even>,
           "The nearest integer, halves to the even one. Source: MIL, iOS15 elementwise_unary."),
    numbers("abs", of_numbers<magnitude, magnitude_of_int>,
            "|x|; the smallest int32 stays itself. Source: MIL, iOS15 elementwise_unary."),
    numbers("sign", of_numbers<sign, sign_of_int>,
            "1, 0 or -1 by the sign of x; NaN stays NaN. Source: MIL, iOS15 elementwise_unary."),
    numbers("square", of_numbers<square, square_of_int>,
            "x * x; int32 wraps. Source: MIL, iOS15 elementwise_unary."),
};

}  // namespace

WF_OP_FILE(round, kDefs);
}  // namespace wf
