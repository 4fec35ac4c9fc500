// slice_by_index: x[begin:end:stride, ...] as in Python, with masks for absent bounds and single indices.
#include "ops/slice.h"

namespace wf {
namespace {

constexpr Param rule(std::string_view name) { return Param(name).ints(); }
constexpr Param mask(std::string_view name) { return Param(name).flags().optional().constant(); }
constexpr Param kParams15[] = {
    Param("x").of(kMovable15), rule("begin"),    rule("end"),         rule("stride").optional().constant(),
    mask("begin_mask"),        mask("end_mask"), mask("squeeze_mask")};
constexpr Param kParams17[] = {
    Param("x").of(kMovable17), rule("begin"),    rule("end"),         rule("stride").optional().constant(),
    mask("begin_mask"),        mask("end_mask"), mask("squeeze_mask")};
constexpr std::string_view kSamples[] = {
    "x=T[4,5] begin={1,0} end={3,5}", "x=T[4,5] begin={-1,0} end={0,0} stride={-2,1} end_mask={true,true}",
    "x=T[4,5] begin={2,1} end={0,4} squeeze_mask={true,false}", "x=int32[6] begin={4} end={2}"};

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_TRY(Slice slice, resolve_slice(call, call.shape("x")));
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(slice.squeezed))};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(const Slice slice, resolve_slice(eval, x.shape()));
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  copy_elements(slice.sizes, x, slice.layout, out, dense_layout(slice.sizes));
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "x[begin:end:stride, ...] with Python's rules: negative bounds count from the end, bounds are clamped, "
    "the result may "
    "be empty. begin_mask and end_mask stand for absent bounds; squeeze_mask takes the single element at "
    "begin (end is "
    "ignored) and drops the dimension. Source: MIL, tensor_transformation; iOS17 adds the 8- and 16-bit "
    "integers.";

constexpr OpDef kDefs[] = {
    {.name = "slice_by_index",
     .params = kParams15,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "slice_by_index",
     .since = Opset::kIos17,
     .params = kParams17,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(slice_by_index, kDefs);
}  // namespace wf
