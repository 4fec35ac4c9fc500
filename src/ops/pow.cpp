// pow: x to the power y.
#include <cmath>
#include <limits>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloatsAndInt32, 'T'), Param("y").of(kFloatsAndInt32, 'T')};
constexpr std::string_view kSamples[] = {"x=T[2,3,5]@0.1:3 y=T[2,3,5]", "x=T[2,1,5] y=T[4,1]@2:3",
                                         "x=T[]@1:2 y=T[3]", "x=T[0] y=T[1]", "x=int32[2,4] y=int32[4]@0:5"};

double power(double x, double y) { return std::pow(x, y); }

// By squaring, modulo 2^64. Negative exponents: 1 / x^-y truncated toward 0; 0 to a negative power saturates.
int64_t power_ints(int64_t x, int64_t y) {
  if (y < 0) {
    if (x == 0) return std::numeric_limits<int32_t>::max();
    return x == 1 || (x == -1 && y % 2 == 0) ? 1 : x == -1 ? -1 : 0;
  }
  uint64_t result = 1;
  for (auto base = static_cast<uint64_t>(x); y > 0; y /= 2, base *= base) {
    if (y % 2 != 0) result *= base;
  }
  return static_cast<int64_t>(result);
}

Status reference(Evaluation& eval) { return map_binary(eval, power, power_ints); }

constexpr OpDef kDefs[] = {{
    .name = "pow",
    .params = kParams,
    .infer = infer_broadcast,
    .reference = reference,
    .samples = kSamples,
    .doc = "x^y with NumPy broadcasting; a negative base with a fractional exponent is NaN; int32 wraps, "
           "negative int32 "
           "exponents truncate toward 0. Source: MIL, iOS15 elementwise_binary.",
}};

}  // namespace

WF_OP_FILE(pow, kDefs);
}  // namespace wf
