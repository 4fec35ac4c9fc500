// expand_dims: inserts dimensions of size 1.
#include <fmt/format.h>

#include <algorithm>

#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kParams15[] = {Param("x").of(kMovable15), Param("axes").ints().constant()};
constexpr Param kParams17[] = {Param("x").of(kMovable17), Param("axes").ints().constant()};
constexpr std::string_view kSamples[] = {"x=T[2,3] axes={1}", "x=T[2,3] axes={0,-1}", "x=T[] axes={0}"};

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  const auto axes = *call.ints("axes");
  const auto rank = static_cast<int64_t>(x.size() + axes.size());
  if (rank > kMaxRank) return call.error(fmt::format("rank {} is more than {}", rank, kMaxRank));
  WF_TRY(const auto ones, normalized_axes(call, axes, rank));
  Shape out;
  auto next = x.begin();
  for (int64_t d = 0; d < rank; ++d) out.push_back(std::ranges::find(ones, d) != ones.end() ? 1 : *next++);
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

constexpr std::string_view kDoc =
    "x with a dimension of size 1 at each of `axes`, which index the output's dimensions; negative ones "
    "count from the "
    "output's end. Source: MIL, tensor_transformation; iOS17 adds the 8- and 16-bit integers.";

constexpr OpDef kDefs[] = {
    {.name = "expand_dims",
     .params = kParams15,
     .infer = infer,
     .reference = share_reshaped,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "expand_dims",
     .since = Opset::kIos17,
     .params = kParams17,
     .infer = infer,
     .reference = share_reshaped,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(expand_dims, kDefs);
}  // namespace wf
