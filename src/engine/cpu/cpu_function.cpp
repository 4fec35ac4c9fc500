#include "engine/cpu/cpu_function.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf {
namespace {

// The shapes of the inputs, if every one is a tensor.
std::optional<std::vector<Shape>> shapes_of(std::span<const Datum> inputs) {
  std::vector<Shape> shapes;
  for (const Datum& input : inputs) {
    if (!input.tensor()) return std::nullopt;
    shapes.push_back(input.tensor()->shape());
  }
  return shapes;
}

}  // namespace

Result<std::shared_ptr<const CpuFunction>> CpuFunction::prepare(std::shared_ptr<const Program> program,
                                                                std::string_view function,
                                                                const PlanOptions& options) {
  std::shared_ptr<CpuFunction> prepared(new CpuFunction);
  WF_TRY(prepared->fallback_, ReferenceFunction::prepare(std::move(program), function));
  prepared->options_ = options;
  std::vector<Shape> shapes;
  for (const ValueId id : prepared->function().inputs) {
    const TensorType* type = prepared->function().value(id).type.tensor();
    if (!type || !type->is_static()) return std::shared_ptr<const CpuFunction>(std::move(prepared));
    shapes.push_back(*type->shape);
  }
  WF_CHECK(prepared->plan_for(shapes));
  return std::shared_ptr<const CpuFunction>(std::move(prepared));
}

Result<std::shared_ptr<Plan>> CpuFunction::plan_for(const std::vector<Shape>& shapes) const {
  {
    const std::lock_guard guard(lock_);
    const auto found = std::ranges::find(plans_, shapes, &Entry::first);
    if (found != plans_.end()) {
      plans_.splice(plans_.begin(), plans_, found);
      return plans_.front().second;
    }
  }
  WF_TRY(std::optional<StaticFunction> known, specialize(function(), shapes));
  std::shared_ptr<Plan> plan;
  if (known) {
    auto made = make_plan(function(), *std::move(known), options_);
    if (made) {
      plan = *std::move(made);
    } else if (made.error().code != ErrorCode::kUnsupported) {
      return std::move(made).error();
    }
  }
  const std::lock_guard guard(lock_);
  plans_.emplace_front(shapes, plan);
  if (plans_.size() > kMostPlans) plans_.pop_back();
  return plan;
}

std::shared_ptr<Plan> CpuFunction::fixed_plan() const {
  const std::lock_guard guard(lock_);
  return plans_.empty() ? nullptr : plans_.back().second;
}

Result<std::vector<Datum>> CpuFunction::run(std::span<const Datum> inputs, const RunOptions& options) const {
  const auto shapes = shapes_of(inputs);
  // An observer sees every value, of which a plan has not all.
  if (!shapes || options.observer || options.reading == Reading::kExact)
    return fallback_->run(inputs, options);
  WF_CHECK(fallback_->check_inputs(inputs, options.reading));
  WF_TRY(const std::shared_ptr<Plan> plan, plan_for(*shapes));
  if (!plan) return fallback_->run(inputs, options);
  std::vector<Tensor> tensors;
  for (const Datum& input : inputs) tensors.push_back(*input.tensor());
  RunControl control;
  control.deadline = options.deadline;
  control.cancelled = options.cancelled;
  WF_TRY(std::vector<Tensor> outputs, plan->run(tensors, shared_thread_pool(), control));
  return std::vector<Datum>(std::make_move_iterator(outputs.begin()), std::make_move_iterator(outputs.end()));
}

}  // namespace wf
