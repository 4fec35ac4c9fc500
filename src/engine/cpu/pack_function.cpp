#include "engine/cpu/pack_function.h"

#include "engine/cpu/cpu_function.h"

namespace wf {

Result<std::vector<PlannedStep>> pack_function(std::shared_ptr<const Program> program,
                                               const Function& function, const StoredWeights& weights,
                                               Isa isa, const std::optional<std::vector<Shape>>& shapes) {
  PlanOptions options;
  options.isa = isa;
  options.threads = shared_thread_pool().threads();
  options.weights = std::make_shared<PackedWeights>(weights.inner(function.name), isa);
  WF_TRY(const auto prepared, CpuFunction::prepare(std::move(program), function.name, options));
  std::vector<PlannedStep> steps;
  std::shared_ptr<const CpuFunction::Planned> planned = prepared->planned();
  if (!planned && shapes) {
    auto made = prepared->planned_for(*shapes);
    if (!made && made.error().code == ErrorCode::kEnvironment) return std::move(made).error();
    if (made) planned = *std::move(made);
  }
  if (!planned || !planned->plan) return steps;
  for (const Step& step : planned->plan->steps()) steps.push_back({step.label, step.kernel});
  return steps;
}

}  // namespace wf
