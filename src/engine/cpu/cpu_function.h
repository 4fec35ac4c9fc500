// The fast engine: a function planned for the shapes it meets.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/reference/interpreter.h"
#include "plan/plan.h"
#include "plan/planner.h"

namespace wf {

// Ready to run; any number of threads may run it.
class CpuFunction {
 public:
  // `function` "" is "main". As ReferenceFunction::prepare, it names what is missing before anything runs. If
  // every input's shape is fixed, the plan is made here.
  static Result<std::shared_ptr<const CpuFunction>> prepare(std::shared_ptr<const Program> program,
                                                            std::string_view function,
                                                            const PlanOptions& options);

  const Function& function() const { return fallback_->function(); }

  // As ReferenceFunction::run in the typed reading, but that intermediate values declared fp16 are kept as
  // fp32. What cannot be planned (loops, lists, states, shapes that depend on data) is run by the
  // interpreter.
  Result<std::vector<Datum>> run(std::span<const Datum> inputs, const RunOptions& options) const;

  // The plan for inputs of these shapes; null if there can be none. The last kMostPlans are kept.
  Result<std::shared_ptr<Plan>> plan_for(const std::vector<Shape>& shapes) const;
  // The plan for the declared shapes, if they are all fixed and it could be made.
  std::shared_ptr<Plan> fixed_plan() const;

 private:
  CpuFunction() = default;

  static constexpr size_t kMostPlans = 8;
  using Entry = std::pair<std::vector<Shape>, std::shared_ptr<Plan>>;

  std::shared_ptr<const ReferenceFunction> fallback_;
  PlanOptions options_;
  mutable std::mutex lock_;
  mutable std::list<Entry> plans_;  // the last used first
};

}  // namespace wf
