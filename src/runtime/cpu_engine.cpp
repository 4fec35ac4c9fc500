#include "runtime/cpu_engine.h"

#include "engine/cpu/cpu_function.h"
#include "runtime/program_engine.h"

namespace wf {
namespace {

class CpuEngine final : public ProgramEngine {
 public:
  std::string_view name() const override { return "cpu"; }
  std::string_view doc() const override {
    return "planned for the shapes at hand, fused and vectorised; floating tensors kept as fp32, fp16 "
           "weights as "
           "they are";
  }

 private:
  Result<RunnableFunction> make_ready(std::shared_ptr<const Program> program,
                                      std::string_view function) const override {
    WF_CHECK(check_isa_setting());
    PlanOptions options;
    options.isa = default_isa();
    options.threads = shared_thread_pool().threads();
    WF_TRY(auto prepared, CpuFunction::prepare(std::move(program), function, options));
    const Function* prepared_function = &prepared->function();
    return RunnableFunction{prepared_function, [prepared = std::move(prepared)](std::span<const Datum> inputs,
                                                                                const RunOptions& run) {
                              return prepared->run(inputs, run);
                            }};
  }
};

}  // namespace

const InferenceEngine& cpu_engine() {
  static const CpuEngine engine;
  return engine;
}

}  // namespace wf
