#include <fmt/format.h>

#include "runtime/telemetry/snapshot.h"

namespace wf {
namespace {

std::string figures(const QuantileSketch& sketch) {
  return fmt::format("p50 {:.3g} ms, p95 {:.3g} ms, p99 {:.3g} ms, at most {:.3g} ms", *sketch.quantile(0.5),
                     *sketch.quantile(0.95), *sketch.quantile(0.99), sketch.max());
}

// "3 Timeout, 1 RuntimeError"; empty if all are zero.
template <class Enum, class Numbers>
std::string counted(const Numbers& numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", numbers[i], name_of(static_cast<Enum>(i)));
  }
  return text;
}

double mib(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

std::string to_summary(const TelemetrySnapshot& snapshot) {
  std::string text;
  for (size_t i = 0; i < kOperations; ++i) {
    const QuantileSketch& sketch = snapshot.operation_ms[i];
    const std::string failures = counted<FailureKind>(snapshot.failures[i]);
    if (sketch.count() == 0 && failures.empty()) continue;
    text += fmt::format("{:<8} {} done", name_of(static_cast<Operation>(i)), sketch.count());
    if (sketch.count() > 0) text += ": " + figures(sketch);
    if (!failures.empty()) text += "; " + failures;
    text += "\n";
  }
  for (size_t i = 0; i < kStages; ++i) {
    if (snapshot.stage_ms[i].count() == 0) continue;
    text += fmt::format("  {:<11} {}\n", name_of(static_cast<Stage>(i)), figures(snapshot.stage_ms[i]));
  }
  std::string dispatch;
  for (int units = 0; units < kComputeUnitChoices; ++units) {
    const double percent = snapshot.dispatch_percent(units);
    if (percent > 0)
      dispatch +=
          fmt::format("{}{:.1f} % {}", dispatch.empty() ? "" : ", ", percent, compute_units_name(units));
  }
  if (!dispatch.empty()) text += fmt::format("ran on   {}\n", dispatch);
  if (snapshot.cache_hits + snapshot.cache_misses + snapshot.cache_evictions > 0) {
    text += fmt::format("cache    {} hits, {} misses, {} evictions ({:.1f} MiB)\n", snapshot.cache_hits,
                        snapshot.cache_misses, snapshot.cache_evictions,
                        mib(static_cast<int64_t>(snapshot.cache_evicted_bytes)));
  }
  if (const std::string breakers = counted<BreakerState>(snapshot.breakers); !breakers.empty()) {
    const std::string trips = counted<TripReason>(snapshot.breaker_trips);
    text += fmt::format("breakers {}; trips: {}; {} probes\n", breakers, trips.empty() ? "none" : trips,
                        snapshot.breaker_probes);
  }
  if (snapshot.abandoned_calls_total > 0) {
    text += fmt::format("engine calls abandoned: {}, still out: {}\n", snapshot.abandoned_calls_total,
                        snapshot.abandoned_calls);
  }
  const std::string refused = counted<QueueRefusal>(snapshot.queue_refusals);
  if (!refused.empty() || snapshot.queue_expired + snapshot.batches > 0) {
    text += fmt::format("queue    refused: {}; {} expired; {} predictions in {} batches\n",
                        refused.empty() ? "none" : refused, snapshot.queue_expired,
                        snapshot.batched_predictions, snapshot.batches);
  }
  text += fmt::format("memory   process {:.1f} MiB (peak {:.1f}), tensors {:.1f} MiB (peak {:.1f})\n",
                      mib(snapshot.resident_bytes), mib(snapshot.peak_resident_bytes),
                      mib(snapshot.tensor_bytes), mib(snapshot.peak_tensor_bytes));
  return text;
}

}  // namespace wf
