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
  // fp32. What cannot be planned (loops, lists, states, sizes that depend on data) is run by the interpreter,
  // after the rest.
  Result<std::vector<Datum>> run(std::span<const Datum> inputs, const RunOptions& options) const;

  // How the function runs for inputs of given shapes.
  struct Planned {
    std::shared_ptr<Plan> plan;    // null: the interpreter runs it all
    std::vector<ValueId> outputs;  // what the plan computes, in its outputs' order
    std::vector<const Op*> rest;   // what the interpreter runs afterwards
  };
  // Kept for the last kMostPlans shapes. Inputs that are no tensors have any shape here.
  Result<std::shared_ptr<const Planned>> planned_for(const std::vector<Shape>& shapes) const;
  // The same for the declared shapes, if they are all fixed; else null.
  std::shared_ptr<const Planned> planned() const;

 private:
  CpuFunction() = default;
  Result<std::vector<Datum>> run_rest(const Planned& planned, std::span<const Datum> inputs,
                                      std::vector<Tensor> computed, const RunOptions& options) const;

  static constexpr size_t kMostPlans = 8;
  using Entry = std::pair<std::vector<Shape>, std::shared_ptr<const Planned>>;

  std::shared_ptr<const ReferenceFunction> fallback_;
  PlanOptions options_;
  std::shared_ptr<const Planned> fixed_;
  mutable std::mutex lock_;
  mutable std::list<Entry> plans_;  // the last used first
};

}  // namespace wf
