#include "ops/evaluate.h"

#include <fmt/format.h>

namespace wf {

Result<std::vector<Datum>> evaluate_call(Call call, std::vector<ValueType> types,
                                         const EngineServices& services) {
  Evaluation evaluation(std::move(call), types, services);
  if (auto status = evaluation.def().reference(evaluation); !status) {
    Error error = std::move(status).error();
    return error.where.empty() ? std::move(error).at(evaluation.op().label()) : std::move(error);
  }
  std::vector<Datum> outputs = evaluation.take_outputs();
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].known()) {
      return Error(ErrorCode::kInternal, fmt::format("output {} was not computed", i),
                   evaluation.op().label());
    }
    const Tensor* tensor = outputs[i].tensor();
    const TensorType* type = types[i].tensor();
    if (!tensor || !type || !is_floating(tensor->dtype()) || !is_floating(type->dtype)) continue;
    WF_TRY(Tensor rounded, converted(*tensor, evaluation.storage(type->dtype)));
    outputs[i] = std::move(rounded);
  }
  return outputs;
}

}  // namespace wf
