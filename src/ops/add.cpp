// add: x + y.
#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloatsAndInt32, 'T'), Param("y").of(kFloatsAndInt32, 'T')};
constexpr std::string_view kSamples[] = {"x=T[2,3,5] y=T[2,3,5]", "x=T[2,1,5] y=T[4,1]", "x=T[] y=T[3]",
                                         "x=int32[4] y=int32[4]"};

Status reference(Evaluation& eval) {
  return map_binary(
      eval, [](double a, double b) { return a + b; }, [](int64_t a, int64_t b) { return a + b; });
}

constexpr OpDef kDefs[] = {{
    .name = "add",
    .params = kParams,
    .infer = infer_broadcast,
    .reference = reference,
    .samples = kSamples,
    .doc = "x + y with NumPy broadcasting; int32 wraps. Source: MIL, iOS15 elementwise_binary.",
}};

}  // namespace

WF_OP_FILE(add, kDefs);
}  // namespace wf
