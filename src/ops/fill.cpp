// fill and fill_like: one value everywhere.
#include <algorithm>
#include <vector>

#include "ops/elementwise.h"
#include "ops/shape_value.h"

namespace wf {
namespace {

constexpr Param kFill[] = {Param("shape").ints(),
                           Param("value").of(kFloatsInt32AndBool).constant().or_number(0)};
constexpr Param kFillLike[] = {Param("ref_tensor").of(kFloatsInt32AndBool),
                               Param("value").of(kFloatsInt32AndBool).constant().or_number(0)};
constexpr std::string_view kFillSamples[] = {"shape={2,3,5} value=1.5", "shape={4}", "shape={} value=7",
                                             "shape={3,0} value=true"};
constexpr std::string_view kFillLikeSamples[] = {"ref_tensor=T[2,3]", "ref_tensor=int32[4] value=2.5",
                                                 "ref_tensor=bool[0,3] value=1"};

DType dtype_of_value(const Call& call) { return call.has("value") ? call.dtype("value") : DType::kFloat32; }

Result<std::vector<ValueType>> infer_fill(const Call& call) {
  return infer_from_shape_value(call, dtype_of_value(call));
}

Result<std::vector<ValueType>> infer_fill_like(const Call& call) {
  return std::vector<ValueType>{tensor_type(dtype_of_value(call), call.shape("ref_tensor"))};
}

Status reference(Evaluation& eval) {
  WF_TRY(Tensor out, eval.make_output(0));
  const std::vector<double> values(static_cast<size_t>(std::min(kChunk, out.size())), eval.number("value"));
  for (int64_t at = 0; at < out.size(); at += kChunk) {
    write_doubles(out, at, std::span(values).first(static_cast<size_t>(std::min(kChunk, out.size() - at))));
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {
    {.name = "fill",
     .params = kFill,
     .infer = infer_fill,
     .reference = reference,
     .samples = kFillSamples,
     .doc = "A tensor of the given shape, every element `value` (default fp32 0), which decides the dtype. "
            "Source: MIL, "
            "iOS15 tensor_operation."},
    {.name = "fill_like",
     .since = Opset::kIos16,
     .params = kFillLike,
     .infer = infer_fill_like,
     .reference = reference,
     .samples = kFillLikeSamples,
     .doc = "A tensor of ref_tensor's shape, every element `value` (default fp32 0), which decides the "
            "dtype. Source: MIL, "
            "iOS16 tensor_operation."},
};

}  // namespace

WF_OP_FILE(fill, kDefs);
}  // namespace wf
