#include "runtime/program_engine.h"

#include <fmt/format.h>

#include "runtime/composite.h"
#include "runtime/io_schema.h"
#include "runtime/measured_model.h"
#include "runtime/platform.h"

namespace wf {
namespace {

class PreparedFunction final : public MeasuredModel {
 public:
  PreparedFunction(RunnableFunction runnable, IoSchema schema, std::string key, CompiledMeta meta)
      : MeasuredModel(std::move(schema), std::move(key), std::move(meta)), runnable_(std::move(runnable)) {}

 private:
  Result<std::vector<Datum>> outputs_of(std::span<const Datum> inputs,
                                        const InferOptions& options) const override {
    const Function& function = *runnable_.function;
    RunOptions run;
    run.deadline = options.deadline;
    run.cancelled = options.cancelled;
    run.seed = options.seed;
    if (options.observer) {
      run.observer = [&](const Op& op, ValueId id, const Datum& value) {
        options.observer(op, function.value(id).name, value);
      };
    }
    auto outputs = runnable_.run(in_function_order(inputs), run);
    if (!outputs) return std::move(outputs).error().at(fmt::format("function '{}'", function.name));
    return outputs;
  }

  // The schema lists states after inputs; the function may mix them.
  std::vector<Datum> in_function_order(std::span<const Datum> given) const {
    std::vector<Datum> arguments;
    size_t next_input = 0, next_state = io_schema().inputs.size();
    for (const ValueId id : runnable_.function->inputs) {
      const bool is_state = runnable_.function->value(id).type.state() != nullptr;
      arguments.push_back(given[is_state ? next_state++ : next_input++]);
    }
    return arguments;
  }

  RunnableFunction runnable_;
};

Error refusal(const ModelFile& file) {
  if (!file.missing_weights.empty()) return missing_weights(file);
  const std::string reason = refusal_text(file);
  return {ErrorCode::kUnsupported, fmt::format("a model of type {} cannot run here{}{}", file.type,
                                               reason.empty() ? "" : ": ", reason)};
}

}  // namespace

CapabilityReport ProgramEngine::capabilities() const {
  CapabilityReport report;
  report.device_class = "cpu";
  report.supported_dtypes = {DType::kBool,  DType::kString, DType::kFloat16, DType::kFloat32,
                             DType::kInt8,  DType::kInt16,  DType::kInt32,   DType::kInt64,
                             DType::kUInt8, DType::kUInt16, DType::kUInt32,  DType::kUInt64};
  return report;
}

Result<std::shared_ptr<const PreparedModel>> ProgramEngine::prepare(const ModelFile& file,
                                                                    const PrepareOptions& options) const {
  if (!can_run(file)) return refusal(file);
  if (file.classic) return prepare_classic(file, name());
  if (!file.program) return prepare_pipeline(file, name(), options);
  WF_TRY(const Function* function, find_function(file, options.function));
  WF_TRY(IoSchema schema, make_io_schema(*file.description.find(function->name), *function));
  WF_TRY(RunnableFunction runnable, make_ready(file.program, function->name, options));
  // Nothing is compiled to disk, so the file and the function are all that a prepared model depends on.
  std::string key = fmt::format("{}|{}|{}", name(), function->name, file.path.string());
  CompiledMeta meta{platform_name(), "",
                    file.type.starts_with("neuralNetwork") ? "neuralnetwork" : "mlprogram"};
  return std::shared_ptr<const PreparedModel>(std::make_shared<PreparedFunction>(
      std::move(runnable), std::move(schema), std::move(key), std::move(meta)));
}

}  // namespace wf
