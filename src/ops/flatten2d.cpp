// flatten2d: the dimensions before an axis become one, the rest the other.
#include <fmt/format.h>

#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kMovable15), Param("axis").ints().constant().or_integer(1)};
constexpr std::string_view kSamples[] = {"x=T[2,3,4]", "x=T[2,3,4] axis=0", "x=T[2,3,4] axis=-1", "x=T[5]"};

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  const int64_t axis = call.integer("axis");
  const int64_t at = axis < 0 ? axis + call.rank("x") : axis;
  if (at < 0 || at > call.rank("x"))
    return call.error(fmt::format("axis {} is outside rank {}", axis, x.size()));
  const std::span<const int64_t> sizes(x);
  WF_TRY(const int64_t rows, product_of_sizes(call, sizes.first(static_cast<size_t>(at))));
  WF_TRY(const int64_t columns, product_of_sizes(call, sizes.subspan(static_cast<size_t>(at))));
  return std::vector<ValueType>{tensor_type(call.dtype("x"), {rows, columns})};
}

constexpr OpDef kDefs[] = {{
    .name = "flatten2d",
    .params = kParams,
    .infer = infer,
    .reference = share_reshaped,
    .samples = kSamples,
    .doc = "x as [prod(shape[:axis]), prod(shape[axis:])]; axis 0 gives [1, all]. Source: MIL, iOS15 "
           "tensor_operation.",
}};

}  // namespace

WF_OP_FILE(flatten2d, kDefs);
}  // namespace wf
