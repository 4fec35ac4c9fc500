// equal, not_equal, greater, greater_equal, less, less_equal: comparisons with NumPy broadcasting.
#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloatsAndInt32, 'T'), Param("y").of(kFloatsAndInt32, 'T')};
constexpr std::string_view kSamples[] = {"x=T[2,3,5] y=T[2,3,5]", "x=T[2,1,5] y=T[4,1]", "x=T[] y=T[3]",
                                         "x=T[0,3] y=T[3]", "x=int32[9]@-2:2 y=int32[9]@-2:2"};

// Doubles hold every value of these dtypes exactly.
template <auto F>
Status reference(Evaluation& eval) {
  return map_binary(eval, F);
}

constexpr double equal(double x, double y) { return x == y; }
constexpr double not_equal(double x, double y) { return x != y; }
constexpr double greater(double x, double y) { return x > y; }
constexpr double greater_equal(double x, double y) { return x >= y; }
constexpr double less(double x, double y) { return x < y; }
constexpr double less_equal(double x, double y) { return x <= y; }

constexpr OpDef def(std::string_view name, ReferenceFn reference, std::string_view doc) {
  return {.name = name,
          .params = kParams,
          .infer = infer_broadcast_to_bool,
          .reference = reference,
          .samples = kSamples,
          .doc = doc};
}

constexpr OpDef kDefs[] = {
    def("equal", reference<equal>, "x == y; false for NaN. Source: MIL, iOS15 elementwise_binary."),
    def("not_equal", reference<not_equal>, "x != y; true for NaN. Source: MIL, iOS15 elementwise_binary."),
    def("greater", reference<greater>, "x > y; false for NaN. Source: MIL, iOS15 elementwise_binary."),
    def("greater_equal", reference<greater_equal>,
        "x >= y; false for NaN. Source: MIL, iOS15 elementwise_binary."),
    def("less", reference<less>, "x < y; false for NaN. Source: MIL, iOS15 elementwise_binary."),
    def("less_equal", reference<less_equal>, "x <= y; false for NaN. Source: MIL, iOS15 elementwise_binary."),
};

}  // namespace

WF_OP_FILE(equal, kDefs);
}  // namespace wf
