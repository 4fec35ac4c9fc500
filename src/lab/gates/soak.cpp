#include "lab/gates/soak.h"

#include <fmt/format.h>

#include <time.h>

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "lab/finding.h"
#include "lab/gates/load_cycles.h"
#include "lab/gates/service.h"
#include "runtime/telemetry/quantile_sketch.h"

namespace wf {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

struct Case {
  Features inputs, expected;
};

bool same(const Features& a, const Features& b) {
  return std::ranges::equal(
      a, b, [](const auto& x, const auto& y) { return x.first == y.first && same_bits(x.second, y.second); });
}

// What all threads count.
class Counts {
 public:
  void add_answer(double ms, double late_ms, std::string trouble) {
    const std::lock_guard lock(mutex_);
    count(late_ms);
    if (trouble.empty()) {
      total_.right += 1;
    } else {
      total_.wrong += 1;
      remember("wrong answer: " + trouble);
    }
    tick_ms_.add(ms);
    all_ms_.add(ms);
  }

  void add_error(const Error& error, double late_ms) {
    const std::lock_guard lock(mutex_);
    count(late_ms);
    errors_[std::string(name_of(error.code))] += 1;
    if (error.code != ErrorCode::kInternal && !error.message.empty()) {
      total_.clear_errors += 1;
    } else {
      total_.unclear_errors += 1;
      remember("unclear error: " + error.to_string());
    }
  }

  SoakTick take_tick(double at_s) {
    const std::lock_guard lock(mutex_);
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    SoakTick tick{.at_s = at_s,
                  .calls = std::exchange(tick_calls_, 0),
                  .p50_ms = tick_ms_.quantile(0.5).value_or(kNone),
                  .p99_ms = tick_ms_.quantile(0.99).value_or(kNone),
                  .cpu_ms = kNone};
    tick_ms_ = {};
    return tick;
  }

  SoakMeasured total() {
    const std::lock_guard lock(mutex_);
    SoakMeasured total = total_;
    total.errors.assign(errors_.begin(), errors_.end());
    total.p50_ms = all_ms_.quantile(0.5).value_or(0);
    total.p99_ms = all_ms_.quantile(0.99).value_or(0);
    total.p999_ms = all_ms_.quantile(0.999).value_or(0);
    return total;
  }

 private:
  void count(double late_ms) {
    total_.calls += 1;
    tick_calls_ += 1;
    total_.worst_late_ms = std::max(total_.worst_late_ms, late_ms);
  }
  void remember(std::string words) {
    if (total_.first_wrong.empty()) total_.first_wrong = std::move(words);
  }

  std::mutex mutex_;
  SoakMeasured total_;
  std::map<std::string, uint64_t> errors_;
  uint64_t tick_calls_ = 0;
  QuantileSketch tick_ms_, all_ms_;
};

Result<std::vector<Case>> cases_of(const std::shared_ptr<const ModelFile>& file,
                                   const std::vector<Features>& inputs, const SoakOptions& options) {
  WF_TRY(Model truth, Model::prepare(file, {.engine = options.expected_engine,
                                            .prepare = options.load.prepare,
                                            .telemetry = nullptr}));
  InferOptions infer;
  infer.cancelled = options.cancelled;
  std::vector<Case> cases;
  for (const Features& each : inputs) {
    WF_TRY(ModelState state, truth.new_state());
    WF_TRY(Features expected, truth.predict(each, &state, infer));
    cases.push_back({each, std::move(expected)});
  }
  return cases;
}

// Of all threads of this process, so far.
double processor_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

void call_until(Clock::time_point end, const std::atomic<bool>& stop, size_t first, const Model& model,
                const std::vector<Case>& cases, const SoakOptions& options, Counts& counts) {
  // What was found right last time needs no second look if it comes again bit for bit.
  std::vector<Features> known_right(cases.size());
  for (size_t i = first; Clock::now() < end && !stop.load(); ++i) {
    const Case& one = cases[i % cases.size()];
    const auto begin = Clock::now();
    const auto deadline = begin + options.deadline;
    auto outputs = [&]() -> Result<Features> {
      WF_TRY(ModelState state, model.new_state());
      InferOptions infer;
      infer.deadline = deadline;
      return model.predict(one.inputs, &state, infer);
    }();
    const auto now = Clock::now();
    const double late_ms = std::max(0.0, Milliseconds(now - deadline).count());
    if (!outputs) {
      counts.add_error(outputs.error(), late_ms);
      continue;
    }
    Features& right = known_right[i % cases.size()];
    std::string trouble;
    if (right.empty() || !same(*outputs, right)) {
      trouble = trouble_with(*outputs, one.expected, options.budget);
      if (trouble.empty()) right = *std::move(outputs);
    }
    counts.add_answer(Milliseconds(now - begin).count(), late_ms, std::move(trouble));
  }
}

Json tick_json(const SoakTick& tick, const SoakMeasured& total, const Model& model) {
  const auto trips = breaker_trips_of(model.prepared());
  return {{"event", "tick"},
          {"at_s", tick.at_s},
          {"calls", tick.calls},
          {"p50_ms", json_number(tick.p50_ms)},
          {"p99_ms", json_number(tick.p99_ms)},
          {"cpu_ms", json_number(tick.cpu_ms)},
          {"resident_bytes", tick.resident_bytes},
          {"tensor_bytes", TensorMemory::live()},
          {"calls_total", total.calls},
          {"wrong_total", total.wrong},
          {"errors_total", total.clear_errors + total.unclear_errors},
          {"breaker_trips", trips ? Json(*trips) : Json(nullptr)}};
}

// The ticks between two shares of the time after the warm-up.
std::vector<SoakTick> stretch(const SoakMeasured& measured, double from, double to) {
  const double length = measured.seconds - measured.warm_up_s;
  std::vector<SoakTick> ticks;
  for (const SoakTick& tick : measured.ticks) {
    const double share = (tick.at_s - measured.warm_up_s) / length;
    if (share > from && share <= to && tick.calls > 0) ticks.push_back(tick);
  }
  return ticks;
}

template <class T>
double median_of(const std::vector<SoakTick>& ticks, T SoakTick::* field) {
  std::vector<double> values;
  for (const SoakTick& tick : ticks) {
    const auto value = static_cast<double>(tick.*field);
    if (value == value) values.push_back(value);  // a tick without answers has no latency
  }
  return quantile(std::move(values), 0.5);
}

}  // namespace

Result<SoakMeasured> measure_soak(const std::shared_ptr<const ModelFile>& file,
                                  const std::vector<Features>& inputs, const SoakOptions& options) {
  WF_REQUIRE(!inputs.empty() && options.threads > 0, kInvalidArgument, "a soak needs inputs and threads");
  WF_TRY(const std::vector<Case> cases, cases_of(file, inputs, options));
  WF_TRY(Model model, Model::prepare(file, options.load));

  Counts counts;
  std::vector<SoakTick> ticks;
  double cpu_before = processor_ms();
  const auto begin = Clock::now();
  const auto end = begin + options.duration;
  const auto tick_length = std::clamp<Clock::duration>(options.duration / 100, std::chrono::milliseconds(10),
                                                       std::chrono::seconds(10));
  {
    std::atomic<bool> stop{false};
    std::vector<std::jthread> threads;
    for (int t = 0; t < options.threads; ++t) {
      threads.emplace_back(
          [&, t] { call_until(end, stop, static_cast<size_t>(t), model, cases, options, counts); });
    }
    for (auto next = begin + tick_length; next <= end; next += tick_length) {
      while (Clock::now() < next && !(options.cancelled && *options.cancelled))
        std::this_thread::sleep_for(
            std::min<Clock::duration>(next - Clock::now(), std::chrono::milliseconds(100)));
      if (options.cancelled && *options.cancelled) break;
      SoakTick tick = counts.take_tick(std::chrono::duration<double>(Clock::now() - begin).count());
      tick.resident_bytes = exact_resident_bytes();
      const double cpu_ms = processor_ms();
      if (tick.calls > 0) tick.cpu_ms = (cpu_ms - cpu_before) / static_cast<double>(tick.calls);
      cpu_before = cpu_ms;
      if (options.on_tick) options.on_tick(tick_json(tick, counts.total(), model));
      ticks.push_back(tick);
    }
    stop = true;
  }
  SoakMeasured measured = counts.total();
  measured.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const auto usual = std::min<std::chrono::milliseconds>(options.duration / 10, std::chrono::minutes(1));
  measured.warm_up_s = std::chrono::duration<double>(options.warm_up.value_or(usual)).count();
  measured.ticks = std::move(ticks);
  return measured;
}

Verdict judge(const SoakMeasured& measured, const SoakLimits& limits) {
  const auto first = stretch(measured, 0, 0.1), last = stretch(measured, 0.9, 1);
  double excused = 0;
  for (const auto& [code, count] : measured.errors) {
    if (std::ranges::find(limits.excused, code) != limits.excused.end())
      excused += static_cast<double>(count);
  }
  const double others = static_cast<double>(measured.calls) - excused;
  const double answered = others > 0 ? 100.0 * static_cast<double>(measured.right) / others : 0;
  Verdict verdict{'d', {}};
  verdict.checks.push_back(at_most("wrong_answers", static_cast<double>(measured.wrong), 0));
  verdict.checks.push_back(at_most("unclear_errors", static_cast<double>(measured.unclear_errors), 0));
  for (Check& check : verdict.checks) {
    if (!check.passed) check.detail = measured.first_wrong;
  }
  verdict.checks.push_back(at_least("answered", answered, limits.answered_percent, "%"));
  verdict.checks.push_back(at_most("worst_late", measured.worst_late_ms, limits.late_ms, "ms"));
  verdict.checks.push_back(
      at_most("resident_growth",
              median_of(last, &SoakTick::resident_bytes) - median_of(first, &SoakTick::resident_bytes),
              limits.resident_growth, "bytes"));
  verdict.checks.push_back(at_most("latency_drift",
                                   median_of(last, &SoakTick::p50_ms) / median_of(first, &SoakTick::p50_ms),
                                   limits.latency_ratio));
  verdict.checks.push_back(at_most("processor_drift",
                                   median_of(last, &SoakTick::cpu_ms) / median_of(first, &SoakTick::cpu_ms),
                                   limits.latency_ratio));
  return verdict;
}

Json to_json(const SoakMeasured& measured) {
  Json errors = Json::object();
  for (const auto& [code, count] : measured.errors) errors[code] = count;
  return {{"seconds", measured.seconds},
          {"warm_up_s", measured.warm_up_s},
          {"calls", measured.calls},
          {"right", measured.right},
          {"wrong", measured.wrong},
          {"clear_errors", measured.clear_errors},
          {"unclear_errors", measured.unclear_errors},
          {"errors", std::move(errors)},
          {"first_wrong", measured.first_wrong},
          {"worst_late_ms", measured.worst_late_ms},
          {"p50_ms", measured.p50_ms},
          {"p99_ms", measured.p99_ms},
          {"p999_ms", measured.p999_ms}};
}

}  // namespace wf
