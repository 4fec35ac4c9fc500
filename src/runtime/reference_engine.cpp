#include "runtime/reference_engine.h"

#include <fmt/format.h>

#include "engine/reference/interpreter.h"
#include "runtime/composite.h"
#include "runtime/io_schema.h"
#include "runtime/measured_model.h"
#include "runtime/platform.h"

namespace wf {
namespace {

class ReferencePrepared final : public MeasuredModel {
 public:
  ReferencePrepared(std::shared_ptr<const ReferenceFunction> function, IoSchema schema, Reading reading,
                    std::string key, CompiledMeta meta)
      : MeasuredModel(std::move(schema), std::move(key), std::move(meta)),
        function_(std::move(function)),
        reading_(reading) {}

 private:
  Result<std::vector<Datum>> outputs_of(std::span<const Datum> inputs,
                                        const InferOptions& options) const override {
    WF_TRY(const std::vector<Datum> arguments, in_function_order(inputs));
    RunOptions run;
    run.reading = reading_;
    run.deadline = options.deadline;
    run.cancelled = options.cancelled;
    run.seed = options.seed;
    if (options.observer) {
      run.observer = [&](const Op& op, ValueId id, const Datum& value) {
        options.observer(op, function_->function().value(id).name, value);
      };
    }
    auto outputs = function_->run(arguments, run);
    if (!outputs)
      return std::move(outputs).error().at(fmt::format("function '{}'", function_->function().name));
    return outputs;
  }

  // The schema lists states after inputs; the function may mix them. In the exact reading floating inputs
  // become fp64.
  Result<std::vector<Datum>> in_function_order(std::span<const Datum> given) const {
    std::vector<Datum> arguments;
    size_t next_input = 0, next_state = io_schema().inputs.size();
    for (const ValueId id : function_->function().inputs) {
      const bool is_state = function_->function().value(id).type.state() != nullptr;
      const Datum& value = given[is_state ? next_state++ : next_input++];
      const Tensor* tensor = value.tensor();
      if (reading_ == Reading::kExact && tensor && is_floating(tensor->dtype())) {
        WF_TRY(Tensor wide, converted(*tensor, DType::kFloat64));
        arguments.emplace_back(std::move(wide));
      } else {
        arguments.push_back(value);
      }
    }
    return arguments;
  }

  std::shared_ptr<const ReferenceFunction> function_;
  Reading reading_;
};

class ReferenceEngine final : public InferenceEngine {
 public:
  explicit ReferenceEngine(Reading reading) : reading_(reading) {}

  std::string_view name() const override {
    return reading_ == Reading::kExact ? "reference:exact" : "reference";
  }
  std::string_view doc() const override {
    return reading_ == Reading::kExact
               ? "one plain implementation per operation, floating tensors kept in double: what the model "
                 "means"
               : "one plain implementation per operation, every tensor rounded to its declared type";
  }
  CapabilityReport capabilities() const override {
    CapabilityReport report;
    report.device_class = "cpu";
    report.supported_dtypes = {DType::kBool,  DType::kString, DType::kFloat16, DType::kFloat32,
                               DType::kInt8,  DType::kInt16,  DType::kInt32,   DType::kInt64,
                               DType::kUInt8, DType::kUInt16, DType::kUInt32,  DType::kUInt64};
    return report;
  }

  Result<std::shared_ptr<const PreparedModel>> prepare(const ModelFile& file,
                                                       const PrepareOptions& options) const override {
    if (!can_run(file)) return refusal(file);
    if (file.classic) return prepare_classic(file, name());
    if (!file.program) return prepare_pipeline(file, name(), options);
    WF_TRY(const Function* function, find_function(file, options.function));
    WF_TRY(IoSchema schema, make_io_schema(*file.description.find(function->name), *function));
    WF_TRY(auto prepared, ReferenceFunction::prepare(file.program, function->name));
    // Nothing is compiled, so the file and the function are all that a prepared model depends on.
    std::string key = fmt::format("{}|{}|{}", name(), function->name, file.path.string());
    CompiledMeta meta{platform_name(), "",
                      file.type.starts_with("neuralNetwork") ? "neuralnetwork" : "mlprogram"};
    return std::shared_ptr<const PreparedModel>(std::make_shared<ReferencePrepared>(
        std::move(prepared), std::move(schema), reading_, std::move(key), std::move(meta)));
  }

 private:
  static Error refusal(const ModelFile& file) {
    if (!file.missing_weights.empty()) {
      return {ErrorCode::kWeightsMissing,
              fmt::format("the model's weights are missing: '{}'", file.missing_weights[0]),
              {},
              "copy the model's whole folder; large files may be left out by version control"};
    }
    const std::string reason = refusal_text(file);
    return {ErrorCode::kUnsupported, fmt::format("a model of type {} cannot run here{}{}", file.type,
                                                 reason.empty() ? "" : ": ", reason)};
  }

  Reading reading_;
};

}  // namespace

const InferenceEngine& reference_engine(Reading reading) {
  static const ReferenceEngine typed(Reading::kTyped);
  static const ReferenceEngine exact(Reading::kExact);
  return reading == Reading::kExact ? exact : typed;
}

}  // namespace wf
