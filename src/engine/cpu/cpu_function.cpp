#include "engine/cpu/cpu_function.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/reference/run.h"

namespace wf {
namespace {

// Of the inputs that are tensors; the others' do not count.
std::vector<Shape> shapes_of(std::span<const Datum> inputs) {
  std::vector<Shape> shapes;
  for (const Datum& input : inputs) shapes.push_back(input.tensor() ? input.tensor()->shape() : Shape());
  return shapes;
}

}  // namespace

Result<std::shared_ptr<const CpuFunction>> CpuFunction::prepare(std::shared_ptr<const Program> program,
                                                                std::string_view function,
                                                                const PlanOptions& options) {
  std::shared_ptr<CpuFunction> prepared(new CpuFunction);
  WF_TRY(prepared->fallback_, ReferenceFunction::prepare(std::move(program), function));
  prepared->options_ = options;
  if (!options.weights) prepared->options_.weights = std::make_shared<PackedWeights>();
  std::vector<Shape> shapes;
  for (const ValueId id : prepared->function().inputs) {
    const TensorType* type = prepared->function().value(id).type.tensor();
    if (type && !type->is_static()) return std::shared_ptr<const CpuFunction>(std::move(prepared));
    shapes.push_back(type ? *type->shape : Shape());
  }
  WF_TRY(prepared->fixed_, prepared->planned_for(shapes));
  return std::shared_ptr<const CpuFunction>(std::move(prepared));
}

Result<std::shared_ptr<const CpuFunction::Planned>> CpuFunction::planned_for(
    const std::vector<Shape>& shapes) const {
  {
    const std::lock_guard guard(lock_);
    const auto found = std::ranges::find(plans_, shapes, &Entry::first);
    if (found != plans_.end()) {
      plans_.splice(plans_.begin(), plans_, found);
      return plans_.front().second;
    }
  }
  auto planned = std::make_shared<Planned>();
  auto known = specialize(function(), shapes);
  // An operation that does not fit its operands: the interpreter says so when it gets there.
  if (known) {
    planned->outputs = known->function.body.outputs;
    planned->rest = known->rest;
    auto made = make_plan(function(), *std::move(known), options_);
    if (!made && made.error().code == ErrorCode::kEnvironment) return std::move(made).error();
    if (made) planned->plan = *std::move(made);
  } else if (known.error().code == ErrorCode::kEnvironment) {
    return std::move(known).error();
  }
  const std::lock_guard guard(lock_);
  plans_.emplace_front(shapes, planned);
  if (plans_.size() > kMostPlans) plans_.pop_back();
  return std::shared_ptr<const Planned>(std::move(planned));
}

std::shared_ptr<const CpuFunction::Planned> CpuFunction::planned() const { return fixed_; }

Result<std::vector<Datum>> CpuFunction::run(std::span<const Datum> inputs, const RunOptions& options) const {
  // An observer sees every value, of which a plan has not all.
  if (options.observer || options.reading == Reading::kExact) return fallback_->run(inputs, options);
  WF_CHECK(fallback_->check_inputs(inputs, options.reading));
  std::shared_ptr<const Planned> planned = fixed_;
  if (!planned) {
    WF_TRY(planned, planned_for(shapes_of(inputs)));
  }
  if (!planned->plan) return fallback_->run(inputs, options);
  std::vector<Tensor> tensors;
  for (const Datum& input : inputs) tensors.push_back(input.tensor() ? *input.tensor() : Tensor());
  RunControl control;
  control.deadline = options.deadline;
  control.cancelled = options.cancelled;
  WF_TRY(std::vector<Tensor> computed, planned->plan->run(tensors, shared_thread_pool(), control));
  if (planned->rest.empty() && planned->outputs == function().body.outputs) {
    return std::vector<Datum>(std::make_move_iterator(computed.begin()),
                              std::make_move_iterator(computed.end()));
  }
  return run_rest(*planned, inputs, std::move(computed), options);
}

Result<std::vector<Datum>> CpuFunction::run_rest(const Planned& planned, std::span<const Datum> inputs,
                                                 std::vector<Tensor> computed,
                                                 const RunOptions& options) const {
  const Function& f = function();
  Run rest(f, fallback_->plan(), options);
  for (size_t i = 0; i < inputs.size(); ++i)
    WF_CHECK(rest.define(f.inputs[i], inputs[i], f.value(f.inputs[i]).type));
  for (size_t i = 0; i < computed.size(); ++i) {
    const ValueId id = planned.outputs[i];
    WF_CHECK(rest.define(id, Datum(std::move(computed[i])), f.value(id).type));
  }
  for (const Op* op : planned.rest) {
    if (!fallback_->plan().folded.contains(op)) WF_CHECK(rest.evaluate(*op));
  }
  std::vector<Datum> outputs;
  for (const ValueId id : f.body.outputs) {
    const Datum* value = rest.value_of(id);
    if (!value) {
      return Error(ErrorCode::kBadModel, fmt::format("output '{}' was never computed", f.value(id).name));
    }
    outputs.push_back(*value);
  }
  return outputs;
}

}  // namespace wf
