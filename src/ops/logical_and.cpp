// logical_and, logical_or, logical_xor, logical_not: bool only.
#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kTwo[] = {Param("x").flags(), Param("y").flags()};
constexpr Param kOne[] = {Param("x").flags()};
constexpr std::string_view kTwoSamples[] = {"x=bool[2,3,5] y=bool[2,3,5]", "x=bool[2,1,5] y=bool[4,1]",
                                            "x=bool[] y=true", "x=bool[0,3] y=bool[3]"};
constexpr std::string_view kOneSamples[] = {"x=bool[2,3,5]", "x=bool[]", "x=bool[0,3]"};

template <auto F>
Status reference(Evaluation& eval) {
  return map_binary(eval, F);
}

constexpr double both(double x, double y) { return x != 0 && y != 0; }
constexpr double either(double x, double y) { return x != 0 || y != 0; }
constexpr double differ(double x, double y) { return x != y; }

Status logical_not(Evaluation& eval) {
  return map_unary(eval, [](double x) { return x == 0 ? 1.0 : 0.0; });
}

constexpr OpDef binary(std::string_view name, ReferenceFn reference, std::string_view doc) {
  return {.name = name,
          .params = kTwo,
          .infer = infer_broadcast_to_bool,
          .reference = reference,
          .samples = kTwoSamples,
          .doc = doc};
}

constexpr OpDef kDefs[] = {
    binary("logical_and", reference<both>,
           "x and y, with NumPy broadcasting. Source: MIL, iOS15 elementwise_binary."),
    binary("logical_or", reference<either>,
           "x or y, with NumPy broadcasting. Source: MIL, iOS15 elementwise_binary."),
    binary("logical_xor", reference<differ>,
           "Either x or y but not both, with NumPy broadcasting. Source: MIL, iOS15 elementwise_binary."),
    {.name = "logical_not",
     .params = kOne,
     .infer = infer_like_x,
     .reference = logical_not,
     .samples = kOneSamples,
     .doc = "not x. Source: MIL, iOS15 elementwise_unary."},
};

}  // namespace

WF_OP_FILE(logical_and, kDefs);
}  // namespace wf
