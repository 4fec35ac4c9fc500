#include "runtime/cpu_engine.h"

#include <array>

#include "engine/cpu/cpu_function.h"
#include "runtime/program_engine.h"

namespace wf {
namespace {

constexpr std::array<std::string_view, 3> kNames{"cpu:fp32", "cpu", "cpu:bf16"};  // by Precision

class CpuEngine final : public ProgramEngine {
 public:
  explicit CpuEngine(Precision precision) : precision_(precision) {}

  std::string_view name() const override { return kNames[static_cast<size_t>(precision_)]; }
  std::string_view doc() const override {
    switch (precision_) {
      case Precision::kStrict:
        return "as cpu, every product summed directly in fp32";
      case Precision::kBfloat:
        return "as cpu, operands of products rounded to bf16 where the machine multiplies those faster";
      case Precision::kBetterThanHalf:
        break;
    }
    return "planned for the shapes at hand, fused and vectorised; floating tensors kept as fp32, fp16 "
           "weights "
           "as they are";
  }

 private:
  Result<RunnableFunction> make_ready(std::shared_ptr<const Program> program, std::string_view function,
                                      const PrepareOptions& prepare) const override {
    WF_CHECK(check_isa_setting());
    PlanOptions options;
    options.isa = default_isa();
    options.threads = shared_thread_pool().threads();
    options.precision = precision_;
    options.weights = std::make_shared<PackedWeights>(prepare.weights.inner(function), options.isa);
    WF_TRY(auto prepared, CpuFunction::prepare(std::move(program), function, options));
    const Function* prepared_function = &prepared->function();
    return RunnableFunction{prepared_function, [prepared = std::move(prepared)](std::span<const Datum> inputs,
                                                                                const RunOptions& run) {
                              return prepared->run(inputs, run);
                            }};
  }

  Precision precision_;
};

}  // namespace

std::span<const InferenceEngine* const> cpu_engines() {
  static const CpuEngine usual(Precision::kBetterThanHalf), strict(Precision::kStrict),
      bfloat(Precision::kBfloat);
  static const InferenceEngine* const engines[] = {&usual, &strict, &bfloat};
  return engines;
}

std::optional<Precision> cpu_precision(std::string_view engine) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == engine) return static_cast<Precision>(i);
  }
  return std::nullopt;
}

}  // namespace wf
