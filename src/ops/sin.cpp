// The trigonometric and hyperbolic functions and their inverses, in radians.
#include <cmath>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloats)};
constexpr std::string_view kWide[] = {"x=T[2,3,5]@-10:10", "x=T[7]", "x=T[1,0,4]"};
constexpr std::string_view kModest[] = {"x=T[2,3,5]@-4:4", "x=T[7]", "x=T[1,0,4]"};
constexpr std::string_view kUnit[] = {"x=T[2,3,5]@-0.9:0.9", "x=T[7]@-0.1:0.1",
                                      "x=T[1,0,4]"};  // their domain
constexpr std::string_view kNoPole[] = {"x=T[2,3,5]@-1.4:1.4", "x=T[7]@2:4", "x=T[1,0,4]"};

template <auto F>
Status reference(Evaluation& eval) {
  return map_unary(eval, F);
}

constexpr OpDef def(std::string_view name, ReferenceFn reference, std::span<const std::string_view> samples,
                    std::string_view doc) {
  return {.name = name,
          .params = kParams,
          .infer = infer_like_x,
          .reference = reference,
          .samples = samples,
          .doc = doc};
}

double sine(double x) { return std::sin(x); }
double cosine(double x) { return std::cos(x); }
double tangent(double x) { return std::tan(x); }
double arcsine(double x) { return std::asin(x); }
double arccosine(double x) { return std::acos(x); }
double arctangent(double x) { return std::atan(x); }
double hyperbolic_sine(double x) { return std::sinh(x); }
double hyperbolic_cosine(double x) { return std::cosh(x); }
double hyperbolic_tangent(double x) { return std::tanh(x); }
double hyperbolic_arctangent(double x) { return std::atanh(x); }

constexpr OpDef kDefs[] = {
    def("sin", reference<sine>, kWide, "sin(x), x in radians. Source: MIL, iOS15 elementwise_unary."),
    def("cos", reference<cosine>, kWide, "cos(x), x in radians. Source: MIL, iOS15 elementwise_unary."),
    def("tan", reference<tangent>, kNoPole, "tan(x), x in radians. Source: MIL, iOS15 elementwise_unary."),
    def("asin", reference<arcsine>, kUnit,
        "The angle in [-pi/2, pi/2] whose sine is x; NaN outside [-1, 1]. Source: MIL, iOS15 "
        "elementwise_unary."),
    def("acos", reference<arccosine>, kUnit,
        "The angle in [0, pi] whose cosine is x; NaN outside [-1, 1]. Source: MIL, iOS15 elementwise_unary."),
    def("atan", reference<arctangent>, kWide,
        "The angle in (-pi/2, pi/2) whose tangent is x. Source: MIL, iOS15 elementwise_unary."),
    def("sinh", reference<hyperbolic_sine>, kModest, "sinh(x). Source: MIL, iOS15 elementwise_unary."),
    def("cosh", reference<hyperbolic_cosine>, kModest, "cosh(x). Source: MIL, iOS15 elementwise_unary."),
    def("tanh", reference<hyperbolic_tangent>, kModest, "tanh(x). Source: MIL, iOS15 elementwise_unary."),
    def("atanh", reference<hyperbolic_arctangent>, kUnit,
        "The number whose tanh is x; infinite at -1 and 1, NaN beyond. Source: MIL, iOS15 "
        "elementwise_unary."),
};

}  // namespace

WF_OP_FILE(sin, kDefs);
}  // namespace wf
