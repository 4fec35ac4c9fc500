// constexpr_cast: weights stored as fp16 for a program in fp32.
#include <fmt/format.h>

#include "ops/call.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("source_val").of(DTypeSet{DType::kFloat16}).constant(),
                             Param("output_dtype").text().constant()};
constexpr std::string_view kSamples[] = {"source_val=fp16[2,3] output_dtype=\"fp32\"",
                                         "source_val=fp16[0] output_dtype=\"fp32\""};

Result<std::vector<ValueType>> infer(const Call& call) {
  if (call.text("output_dtype") != "fp32")
    return call.error(fmt::format("output_dtype is '{}', expected fp32", call.text("output_dtype")));
  return std::vector<ValueType>{tensor_type(DType::kFloat32, call.shape("source_val"))};
}

Status reference(Evaluation& eval) {
  WF_TRY(Tensor out, converted(eval.input("source_val"), DType::kFloat32));
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "constexpr_cast",
    .since = Opset::kIos16,
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "source_val (fp16) as fp32. The parameters are attributes in files up to iOS17, inputs from "
           "iOS18. Source: MIL, iOS16 "
           "constexpr_ops.",
}};

}  // namespace

WF_OP_FILE(constexpr_cast, kDefs);
}  // namespace wf
