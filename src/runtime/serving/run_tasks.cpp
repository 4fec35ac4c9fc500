#include "runtime/serving/run_tasks.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/abandonable_calls.h"
#include "runtime/own_values.h"

namespace wf {
namespace {

using Clock = PredictionTask::Clock;

constexpr size_t kMostKeys = 256;  // of batches: shapes that callers chose

std::vector<Datum> values_of(const Features& features) {
  std::vector<Datum> values;
  for (const auto& [unused, value] : features) values.push_back(value);
  return values;
}

// What a call that may be left behind works on, and what it hands over if it was not.
struct OwnCall {
  Features inputs;
  ModelState state;
};

Result<std::shared_ptr<OwnCall>> own_call(const Features& inputs, const ModelState* state) {
  auto own = std::make_shared<OwnCall>();
  WF_TRY(std::vector<Datum> values, with_own_bytes(values_of(inputs)));
  for (size_t i = 0; i < inputs.size(); ++i) own->inputs.emplace_back(inputs[i].first, std::move(values[i]));
  if (state) {
    for (const auto& [name, cell] : state->cells)
      own->state.cells.emplace_back(name, cell ? std::make_shared<StateCell>(*cell) : nullptr);
  }
  return own;
}

}  // namespace

std::optional<Error> reason_to_stop(const PredictionTask& task, Clock::time_point now) {
  if (task.cancelled) return Error(ErrorCode::kDeadlineExceeded, "cancelled by the caller");
  if (now < task.deadline) return std::nullopt;
  return Error(ErrorCode::kDeadlineExceeded,
               fmt::format("the time was over before the prediction: it waited for {:.0f} ms",
                           std::chrono::duration<double, std::milli>(now - task.submitted).count()));
}

TaskRunner::TaskRunner(Model model, size_t instances, Telemetry* telemetry)
    : model_(std::move(model)), pool_(2 * instances), telemetry_(telemetry) {}

bool TaskRunner::never_joined(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto known = fit_.find(key);
  return known != fit_.end() && !known->second;
}

void TaskRunner::decide(const std::string& key, BatchVerdict verdict) {
  if (verdict == BatchVerdict::kNothing) return;
  const std::lock_guard lock(mutex_);
  if (fit_.size() >= kMostKeys) fit_.clear();
  fit_[key] = verdict == BatchVerdict::kSame;
}

std::optional<bool> TaskRunner::fits_together(const std::vector<Task>& tasks) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = fit_.find(tasks[0]->key); known != fit_.end()) return known->second;
  }
  const Features& first = tasks[0]->request.inputs;
  const bool all_alike =
      std::ranges::all_of(tasks, [&](const Task& task) { return same_bits(task->request.inputs, first); });
  return all_alike ? std::optional(false) : std::nullopt;
}

Result<Features> TaskRunner::call(const Features& inputs, ModelState* state,
                                  const InferOptions& options) const {
  if (model_.stops_by_itself()) {
    return without_exceptions<Features>("the prediction",
                                        [&] { return model_.predict(inputs, state, options); });
  }
  WF_TRY(const std::shared_ptr<OwnCall> own, own_call(inputs, state));
  InferOptions kept = options;
  kept.cancelled = nullptr;  // the caller's, who may have gone
  const auto work = [model = model_, own, kept, stateful = state != nullptr]() -> AbandonableCalls::Outputs {
    WF_TRY(const Features outputs, model.predict(own->inputs, stateful ? &own->state : nullptr, kept));
    return values_of(outputs);
  };
  constexpr auto kForEver = std::chrono::hours(24 * 365);
  auto outcome = AbandonableCalls::process().call(work, options.deadline.value_or(Clock::now() + kForEver),
                                                  options.cancelled, "the engine");
  if (!outcome.result) return std::move(outcome.result).error();
  if (state) *state = own->state;
  Features outputs;
  for (size_t i = 0; i < outcome.result->size(); ++i)
    outputs.emplace_back(model_.interface().outputs[i].name, std::move((*outcome.result)[i]));
  return outputs;
}

Result<Features> TaskRunner::predict(const PredictionTask& task) const {
  InferOptions options;
  if (task.has_deadline()) options.deadline = task.deadline;
  options.cancelled = &task.cancelled;
  options.seed = task.request.seed;
  return call(task.request.inputs, task.request.state.get(), options);
}

Result<std::vector<Features>> TaskRunner::predict_joined(const std::vector<Task>& tasks, JoinedRun& joined) {
  std::vector<const Features*> items;
  InferOptions options;
  options.cancelled = &joined.stop;
  options.seed = tasks[0]->request.seed;
  for (const Task& task : tasks) {
    items.push_back(&task->request.inputs);
    if (task->has_deadline())
      options.deadline = std::min(options.deadline.value_or(task->deadline), task->deadline);
  }
  WF_TRY(const Features inputs, join(items, pool_));
  WF_TRY(const Features outputs, call(inputs, nullptr, options));
  return cut(outputs, tasks.size());
}

TaskRunner::Ran TaskRunner::run(const std::vector<Task>& tasks, std::optional<bool> fits, JoinedRun& joined,
                                const std::function<Clock::time_point()>& now) {
  Ran ran;
  bool try_out = false;
  std::optional<Result<std::vector<Features>>> together;
  if (tasks.size() > 1) {
    try_out = !fits;
    together = predict_joined(tasks, joined);
    if (*together && !try_out) {
      if (telemetry_) telemetry_->record_batch(tasks.size());
      ran.bytes = bytes_of(tasks[0]->request.inputs) + bytes_of((**together)[0]);
      for (size_t i = 0; i < tasks.size(); ++i) tasks[i]->answer(std::move((**together)[i]));
      return ran;
    }
    ran.telling = false;
  }
  std::vector<Features> alone;
  for (const Task& task : tasks) {
    if (task->is_answered()) continue;  // cancelled while it was run with others
    if (auto error = reason_to_stop(*task, now())) {
      task->answer(*std::move(error));
      continue;
    }
    auto result = predict(*task);
    if (result) {
      ran.bytes = bytes_of(task->request.inputs) + bytes_of(*result);
      if (try_out) alone.push_back(*result);
    } else {
      ran.telling = false;
    }
    task->answer(std::move(result));
  }
  // Whatever went wrong on the way, the batch shows nothing then.
  if (!try_out || alone.size() != tasks.size()) return ran;
  if (*together) {
    decide(tasks[0]->key, compare_batch(**together, alone));
  } else if (const ErrorCode code = together->error().code;
             code != ErrorCode::kDeadlineExceeded && code != ErrorCode::kEnvironment) {
    decide(tasks[0]->key, BatchVerdict::kDifferent);
  }
  return ran;
}

}  // namespace wf
