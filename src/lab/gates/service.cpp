#include "lab/gates/service.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "lab/gates/described.h"
#include "runtime/auto_engine.h"

namespace wf {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// A stateful model starts anew at each call.
Result<Features> answer(const Model& model, const Features& inputs, InferOptions options,
                        const std::atomic<bool>* cancelled) {
  options.cancelled = cancelled;
  WF_TRY(ModelState state, model.new_state());
  return model.predict(inputs, &state, options);
}

std::vector<Finding> judged(const Features& actual, const Features& expected, const Budget& budget) {
  std::vector<Finding> findings;
  for (const auto& [name, value] : expected)
    findings.push_back(judge(name, find_feature(actual, name), value, budget));
  return findings;
}

// What the model does with an input it does not have, or without one that it needs.
std::string trouble_with_refusals(const Model& model, const Features& inputs) {
  const auto is_refused = [&](const Features& wrong) {
    const auto outputs = answer(model, wrong, {}, nullptr);
    return !outputs && outputs.error().code == ErrorCode::kInvalidArgument;
  };
  Features more = inputs;
  more.emplace_back("no such input", Datum(Dict{}));
  if (!is_refused(more)) return "an input that the model does not have is not refused";
  for (const Feature& feature : model.interface().inputs) {
    if (feature.optional) continue;
    Features fewer = inputs;
    std::erase_if(fewer, [&](const auto& input) { return input.first == feature.name; });
    if (!is_refused(fewer))
      return fmt::format("input '{}' may be left out, and is not optional", feature.name);
  }
  return "";
}

TimeoutTrial try_timeout(const Model& model, const Features& inputs, const Features& expected,
                         const ServiceOptions& options) {
  TimeoutTrial trial;
  const auto begin = Clock::now();
  if (const auto timed = answer(model, inputs, {}, options.cancelled); !timed)
    trial.ended = timed.error().to_string();
  // A tenth of what a call takes; of a call too short to be stopped, time that is over as it begins.
  const auto tenth = (Clock::now() - begin) / 10;
  const bool is_short = tenth < std::chrono::milliseconds(1);
  const auto deadline = Clock::now() + (is_short ? -std::chrono::microseconds(1) : tenth);
  InferOptions hurried;
  hurried.deadline = deadline;
  const auto outputs = answer(model, inputs, std::move(hurried), options.cancelled);
  trial.late_ms = ms_since(deadline);
  if (outputs)
    trial.ended = "answered in spite of its deadline";
  else if (outputs.error().code != ErrorCode::kDeadlineExceeded)
    trial.ended = outputs.error().to_string();

  const auto next = answer(model, inputs, {}, options.cancelled);
  if (!next)
    trial.afterwards = next.error().to_string();
  else if (!all_passed(judged(*next, expected, options.budget)))
    trial.afterwards = "the answer is not within the budget";
  return trial;
}

}  // namespace

std::optional<uint64_t> breaker_trips_of(const PreparedModel& model) {
  const auto* chain = dynamic_cast<const AutoModel*>(&model);
  if (!chain) return std::nullopt;
  uint64_t trips = 0;
  for (size_t i = 0; const CircuitBreaker* breaker = chain->breaker(i); ++i) trips += breaker->trips();
  return trips;
}

Result<ServiceMeasured> measure_service(const std::shared_ptr<const ModelFile>& file, const Features& inputs,
                                        const ServiceOptions& options) {
  WF_TRY(Model truth,
         Model::prepare(file, {.engine = options.expected_engine, .prepare = options.load.prepare}));
  WF_TRY(Features expected, answer(truth, inputs, {}, options.cancelled));
  WF_TRY(Model model, Model::prepare(file, options.load));
  WF_TRY(Features actual, answer(model, inputs, {}, options.cancelled));

  ServiceMeasured measured;
  measured.outputs = judged(actual, expected, options.budget);
  measured.schema_trouble = trouble_with(model.interface(), actual);
  if (measured.schema_trouble.empty()) measured.schema_trouble = trouble_with_refusals(model, inputs);
  measured.timeout = try_timeout(model, inputs, expected, options);

  std::vector<double> ms;
  for (int64_t i = -options.warm_up; i < options.runs; ++i) {
    const auto begin = Clock::now();
    WF_TRY(actual, answer(model, inputs, {}, options.cancelled));
    if (i >= 0) ms.push_back(ms_since(begin));
  }
  measured.runs = options.runs;
  measured.p50_ms = quantile(ms, 0.5);
  measured.p99_ms = quantile(ms, 0.99);
  measured.worst_ms = quantile(std::move(ms), 1);
  measured.breaker_trips = breaker_trips_of(model.prepared());
  return measured;
}

Verdict judge(const ServiceMeasured& measured, const ServiceLimits& limits) {
  Verdict verdict{'b', {}};
  verdict.checks.push_back(holds("schema", measured.schema_trouble));
  verdict.checks.push_back(holds("timeout", measured.timeout.ended));
  verdict.checks.push_back(at_most("timeout_late", measured.timeout.late_ms, limits.late_ms, "ms"));
  verdict.checks.push_back(holds("works_after_timeout", measured.timeout.afterwards));
  verdict.checks.push_back(at_most("p99", measured.p99_ms, limits.p99_ms, "ms"));
  std::string over_budget = measured.outputs.empty() ? "no output was compared" : "";
  for (const Finding& finding : measured.outputs) {
    if (!finding.passed && over_budget.empty())
      over_budget = fmt::format("{}: {}", finding.name,
                                finding.comparison ? to_string(*finding.comparison) : finding.trouble);
  }
  verdict.checks.push_back(holds("parity", std::move(over_budget)));
  if (measured.breaker_trips)
    verdict.checks.push_back(at_most("breaker_trips", static_cast<double>(*measured.breaker_trips), 0));
  return verdict;
}

Json to_json(const ServiceMeasured& measured) {
  return {{"runs", measured.runs},
          {"p50_ms", measured.p50_ms},
          {"p99_ms", measured.p99_ms},
          {"worst_ms", measured.worst_ms},
          {"timeout_late_ms", measured.timeout.late_ms},
          {"worst_rel", json_number(worst_rel(measured.outputs))},
          {"breaker_trips", measured.breaker_trips ? Json(*measured.breaker_trips) : Json(nullptr)}};
}

}  // namespace wf
