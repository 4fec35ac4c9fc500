// real_div, floor_div, mod: the divisions, with NumPy broadcasting.
#include <cmath>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloatsAndInt32, 'T'), Param("y").of(kFloatsAndInt32, 'T')};
constexpr std::string_view kSamples[] = {
    "x=T[2,3,5] y=T[2,3,5]@0.5:4", "x=T[2,1,5] y=T[4,1]@-4:-0.5", "x=T[] y=T[3]@1:2",
    "x=T[2,0,3] y=T[1,3]",         "x=int32[9] y=int32[9]",       "x=int32[2,3] y=int32[]@1:5"};

// Remainder with the sign of the divisor, exact (fmod is), as NumPy's mod.
double modulo(double x, double y) {
  const double rest = std::fmod(x, y);
  if (rest == 0) return std::copysign(0.0, y);
  return (rest < 0) != (y < 0) ? rest + y : rest;
}
int64_t modulo_ints(int64_t x, int64_t y) {
  if (y == 0) return 0;
  const int64_t rest = x % y;
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

// The floor of the true quotient, as NumPy's floor_divide: rounding x / y first would turn 0.99999... into 1.
double floor_divide(double x, double y) {
  if (y == 0) return x / y;
  const double rest = std::fmod(x, y);
  const double quotient = (x - rest) / y;  // a whole number but for rounding
  return std::round(rest != 0 && (rest < 0) != (y < 0) ? quotient - 1 : quotient);
}
int64_t floor_divide_ints(int64_t x, int64_t y) { return y == 0 ? 0 : (x - modulo_ints(x, y)) / y; }

constexpr double divide(double x, double y) { return x / y; }

// int32 quotients are truncated by the output's dtype; division by 0 saturates there.
Status real_div(Evaluation& eval) { return map_binary(eval, divide); }
Status floor_div(Evaluation& eval) { return map_binary(eval, floor_divide, floor_divide_ints); }
Status mod(Evaluation& eval) { return map_binary(eval, modulo, modulo_ints); }

constexpr OpDef def(std::string_view name, ReferenceFn reference, std::string_view doc) {
  return {.name = name,
          .params = kParams,
          .infer = infer_broadcast,
          .reference = reference,
          .samples = kSamples,
          .doc = doc};
}

constexpr OpDef kDefs[] = {
    def("real_div", real_div,
        "x / y with NumPy broadcasting. int32: the true quotient truncated toward 0; x / 0 is the largest or "
        "smallest "
        "int32, 0 / 0 is 0. Source: MIL, iOS15 elementwise_binary."),
    def("floor_div", floor_div,
        "floor(x / y) with NumPy broadcasting, int32 toward minus infinity; an int32 divided by 0 is 0, as "
        "in NumPy. "
        "Source: MIL, iOS15 elementwise_binary."),
    def("mod", mod,
        "x - floor(x / y) * y with NumPy broadcasting: the sign of the divisor; int32 modulo 0 is 0, as in "
        "NumPy. "
        "Source: MIL, iOS15 elementwise_binary."),
};

}  // namespace

WF_OP_FILE(real_div, kDefs);
}  // namespace wf
