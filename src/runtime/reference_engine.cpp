#include "runtime/reference_engine.h"

#include "runtime/program_engine.h"

namespace wf {
namespace {

// In the exact reading floating inputs become fp64.
Result<std::vector<Datum>> widened_inputs(std::span<const Datum> inputs) {
  std::vector<Datum> wide;
  for (const Datum& input : inputs) {
    const Tensor* tensor = input.tensor();
    if (!tensor || !is_floating(tensor->dtype())) {
      wide.push_back(input);
      continue;
    }
    WF_TRY(Tensor converted_input, converted(*tensor, DType::kFloat64));
    wide.emplace_back(std::move(converted_input));
  }
  return wide;
}

class ReferenceEngine final : public ProgramEngine {
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

 private:
  Result<RunnableFunction> make_ready(std::shared_ptr<const Program> program, std::string_view function,
                                      const PrepareOptions& /*options*/) const override {
    WF_TRY(auto prepared, ReferenceFunction::prepare(std::move(program), function));
    const Function* prepared_function = &prepared->function();
    return RunnableFunction{
        prepared_function,
        [prepared = std::move(prepared), reading = reading_](
            std::span<const Datum> inputs, const RunOptions& options) -> Result<std::vector<Datum>> {
          RunOptions own = options;
          own.reading = reading;
          if (reading == Reading::kTyped) return prepared->run(inputs, own);
          WF_TRY(const std::vector<Datum> wide, widened_inputs(inputs));
          return prepared->run(wide, own);
        }};
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
