#include "lab/gates/speed.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <vector>

#include "runtime/telemetry/snapshot.h"

namespace wf {
namespace {

using Clock = std::chrono::steady_clock;

std::string dispatch_name(std::string_view engine, ComputeUnits units) {
  return fmt::format("{} on {}", engine, compute_units_name(static_cast<int>(units)));
}

struct Timed {
  double ms = 0;
  InferReport report;
};

Result<Timed> timed_call(const Model& model, const Features& inputs, const SpeedOptions& options) {
  WF_TRY(ModelState state, model.new_state());
  Timed timed;
  InferOptions infer;
  infer.cancelled = options.cancelled;
  infer.report = &timed.report;
  const auto begin = Clock::now();
  WF_TRY(Features outputs, model.predict(inputs, &state, infer));
  timed.ms = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  return timed;
}

}  // namespace

Result<SpeedMeasured> measure_speed(const std::shared_ptr<const ModelFile>& file, const Features& inputs,
                                    const SpeedOptions& options) {
  WF_TRY(Model model, Model::prepare(file, {.engine = options.engine, .prepare = options.prepare}));
  WF_TRY(Model baseline, Model::prepare(file, {.engine = options.baseline, .prepare = options.prepare}));
  SpeedMeasured measured;
  std::vector<double> ms, baseline_ms;
  for (int64_t i = -options.warm_up; i < options.runs; ++i) {
    WF_TRY(const Timed ours, timed_call(model, inputs, options));
    WF_TRY(const Timed theirs, timed_call(baseline, inputs, options));
    if (i < 0) continue;
    ms.push_back(ours.ms);
    baseline_ms.push_back(theirs.ms);
    measured.served_by[dispatch_name(ours.report.engine, ours.report.compute_units)] += 1;
  }
  measured.runs = options.runs;
  measured.p50_ms = quantile(ms, 0.5);
  measured.p99_ms = quantile(std::move(ms), 0.99);
  measured.baseline_p50_ms = quantile(baseline_ms, 0.5);
  measured.baseline_p99_ms = quantile(std::move(baseline_ms), 0.99);
  return measured;
}

Verdict judge(const SpeedMeasured& measured, const SpeedLimits& limits) {
  std::string elsewhere = measured.served_by.empty() ? "no call was served" : "";
  for (const auto& [who, calls] : measured.served_by) {
    const bool is_right = limits.compute_units ? who == dispatch_name(limits.engine, *limits.compute_units)
                                               : who.starts_with(limits.engine + " on ");
    if (!is_right)
      elsewhere += fmt::format("{}{} of {} calls were served by {}", elsewhere.empty() ? "" : ", ", calls,
                               measured.runs, who);
  }
  return {'c',
          {at_most("p99_ratio", measured.p99_ms / measured.baseline_p99_ms, limits.ratio),
           holds("dispatch", std::move(elsewhere))}};
}

Json to_json(const SpeedMeasured& measured) {
  return {{"runs", measured.runs},
          {"p50_ms", measured.p50_ms},
          {"p99_ms", measured.p99_ms},
          {"baseline_p50_ms", measured.baseline_p50_ms},
          {"baseline_p99_ms", measured.baseline_p99_ms},
          {"served_by", measured.served_by}};
}

}  // namespace wf
