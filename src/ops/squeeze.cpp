// squeeze: drops dimensions of size 1.
#include <algorithm>

#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kParams15[] = {Param("x").of(kMovable15), Param("axes").ints().constant().optional()};
constexpr Param kParams17[] = {Param("x").of(kMovable17), Param("axes").ints().constant().optional()};
constexpr std::string_view kSamples[] = {"x=T[1,3,1]", "x=T[1,3,1] axes={-1}", "x=T[2,3,4] axes={0,1}",
                                         "x=T[1]"};

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  const auto named = call.ints("axes");
  std::vector<int64_t> axes;
  if (named) {
    WF_TRY(axes, normalized_axes(call, *named, call.rank("x")));
  }
  Shape out;
  for (size_t d = 0; d < x.size(); ++d) {
    // A size still unknown is taken for 1 where the program names the axis, for something else where it does
    // not.
    const bool dropped =
        named ? x[d] <= 1 && x[d] != 0 && std::ranges::find(axes, static_cast<int64_t>(d)) != axes.end()
              : x[d] == 1;
    if (!dropped) out.push_back(x[d]);
  }
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

constexpr std::string_view kDoc =
    "x without the dimensions `axes` (default: all) whose size is 1. An axis of another size is left alone, "
    "as in PyTorch. "
    "Source: MIL, tensor_transformation; iOS17 adds the 8- and 16-bit integers.";

constexpr OpDef kDefs[] = {
    {.name = "squeeze",
     .params = kParams15,
     .infer = infer,
     .reference = share_reshaped,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "squeeze",
     .since = Opset::kIos17,
     .params = kParams17,
     .infer = infer,
     .reference = share_reshaped,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(squeeze, kDefs);
}  // namespace wf
