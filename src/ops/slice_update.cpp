// slice_update: a copy of x with a slice of it replaced.
#include <fmt/format.h>

#include <algorithm>

#include "ops/slice.h"

namespace wf {
namespace {

constexpr Param mask(std::string_view name) { return Param(name).flags().optional().constant(); }
constexpr Param kParams[] = {Param("x").of(kMovable17, 'T'),
                             Param("update").of(kMovable17, 'T'),
                             Param("begin").ints(),
                             Param("end").ints(),
                             Param("stride").ints().optional().constant(),
                             mask("begin_mask"),
                             mask("end_mask"),
                             mask("squeeze_mask")};
constexpr std::string_view kSamples[] = {
    "x=T[4,5] update=T[2,5] begin={1,0} end={3,5}",
    "x=T[4,5] update=T[3] begin={2,1} end={0,4} squeeze_mask={true,false}",
    "x=int32[6] update=int32[3] begin={5} end={0} stride={-2} end_mask={true}"};

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_TRY(const Slice slice, resolve_slice(call, call.shape("x")));
  const bool fits = std::ranges::equal(slice.squeezed, call.shape("update"),
                                       [](int64_t a, int64_t b) { return a < 0 || b < 0 || a == b; });
  if (!fits) {
    return call.error(fmt::format("'update' has shape {}, the slice {}", to_string(call.shape("update")),
                                  to_string(slice.squeezed)));
  }
  return std::vector<ValueType>{call.type("x")};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  const Tensor& update = eval.input("update");
  WF_TRY(const Slice slice, resolve_slice(eval, x.shape()));
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  std::ranges::copy(x.bytes(), out.mutable_bytes().begin());
  copy_elements(slice.sizes, update, dense_layout(slice.sizes), out, slice.layout);
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "slice_update",
    .since = Opset::kIos18,
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "x with the elements slice_by_index would take (same parameters) replaced by `update`, which has "
           "the slice's "
           "shape without the squeezed dimensions. Source: MIL, iOS18 tensor_transformation.",
}};

}  // namespace

WF_OP_FILE(slice_update, kDefs);
}  // namespace wf
