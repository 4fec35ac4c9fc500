// mul, sub, maximum, minimum: arithmetic with NumPy broadcasting.
#include <algorithm>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloatsAndInt32, 'T'), Param("y").of(kFloatsAndInt32, 'T')};
constexpr std::string_view kSamples[] = {"x=T[2,3,5] y=T[2,3,5]", "x=T[2,1,5] y=T[4,1]",
                                         "x=T[] y=T[3]",          "x=T[2,0,3] y=T[1,3]",
                                         "x=int32[4] y=int32[4]", "x=int32[2,3] y=int32[]"};

template <auto F, auto G>
Status reference(Evaluation& eval) {
  return map_binary(eval, F, G);
}

constexpr OpDef def(std::string_view name, ReferenceFn reference, std::string_view doc) {
  return {.name = name,
          .params = kParams,
          .infer = infer_broadcast,
          .reference = reference,
          .samples = kSamples,
          .doc = doc};
}

constexpr double multiply(double a, double b) { return a * b; }
constexpr int64_t multiply_ints(int64_t a, int64_t b) { return a * b; }
constexpr double subtract(double a, double b) { return a - b; }
constexpr int64_t subtract_ints(int64_t a, int64_t b) { return a - b; }
constexpr int64_t max_of_ints(int64_t a, int64_t b) { return std::max(a, b); }
constexpr int64_t min_of_ints(int64_t a, int64_t b) { return std::min(a, b); }

constexpr OpDef kDefs[] = {
    def("mul", reference<multiply, multiply_ints>,
        "x * y with NumPy broadcasting; int32 wraps. Source: MIL, iOS15 elementwise_binary."),
    def("sub", reference<subtract, subtract_ints>,
        "x - y with NumPy broadcasting; int32 wraps. Source: MIL, iOS15 elementwise_binary."),
    def("maximum", reference<nan_max, max_of_ints>,
        "The larger of x and y with NumPy broadcasting; NaN if either is. Source: MIL, iOS15 "
        "elementwise_binary."),
    def("minimum", reference<nan_min, min_of_ints>,
        "The smaller of x and y with NumPy broadcasting; NaN if either is. Source: MIL, iOS15 "
        "elementwise_binary."),
};

}  // namespace

WF_OP_FILE(mul, kDefs);
}  // namespace wf
