// Gate D: hours of concurrent calls: each answered rightly or with a clear error in its time, memory and
// latency as at the beginning.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lab/compare.h"
#include "lab/gates/verdict.h"
#include "runtime/model.h"

namespace wf {

struct SoakOptions {
  LoadOptions load;                           // its telemetry is that of the ticks
  std::string expected_engine = "reference";  // the truth, computed before
  Budget budget;
  std::chrono::milliseconds duration{3'600'000};
  // Not judged for drift: caches fill, memory is touched for the first time. A tenth, a minute at most,
  // unless given.
  std::optional<std::chrono::milliseconds> warm_up;
  int threads = 4;
  std::chrono::milliseconds deadline{1000};  // of each call
  const std::atomic<bool>* cancelled = nullptr;
  // Called about a hundred times, at least every ten seconds, from one thread: for a log.
  std::function<void(const Json& tick)> on_tick;
};

// A stretch of the soak.
struct SoakTick {
  double at_s = 0;  // its end, since the start
  uint64_t calls = 0;
  double p50_ms = 0, p99_ms = 0;  // of calls that were answered; NaN if none was
  // Processor time of the whole process for each call, NaN if there was none: unlike the p50 it does not grow
  // when other programs want the machine.
  double cpu_ms = 0;
  int64_t resident_bytes = 0;  // at its end
};

struct SoakMeasured {
  double seconds = 0, warm_up_s = 0;
  uint64_t calls = 0, right = 0, wrong = 0;
  uint64_t clear_errors = 0, unclear_errors = 0;         // unclear: kInternal, or without words
  double worst_late_ms = 0;                              // the latest end after a deadline; 0 if none
  std::vector<std::pair<std::string, uint64_t>> errors;  // by the name of their code
  std::string first_wrong;                               // the first wrong answer or unclear error, in words
  double p50_ms = 0, p99_ms = 0, p999_ms = 0;            // of calls that were answered
  std::vector<SoakTick> ticks;
};

struct SoakLimits {
  double answered_percent = 99;  // rightly, of all calls but those that ended with an excused error
  // Names of error codes: for faults put in on purpose that leave nothing to answer with (no memory).
  std::vector<std::string> excused;
  double late_ms = 100;  // after its deadline
  // Of the last tenth against the first after the warm-up, medians of ticks.
  double resident_growth = 16e6;  // bytes
  double latency_ratio = 1.25;    // of the p50s, and of the processor time of a call
};

// Every thread calls with each of `inputs` in turn, stateful models with new states.
Result<SoakMeasured> measure_soak(const std::shared_ptr<const ModelFile>& file,
                                  const std::vector<Features>& inputs, const SoakOptions& options);
Verdict judge(const SoakMeasured& measured, const SoakLimits& limits);
Json to_json(const SoakMeasured& measured);  // without the ticks

}  // namespace wf
