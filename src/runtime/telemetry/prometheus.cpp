// https://prometheus.io/docs/instrumenting/exposition_formats/ (text, 0.0.4). Every label value is one of our
// own words, so none needs escaping.
#include <fmt/format.h>

#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>

#include "runtime/telemetry/snapshot.h"

namespace wf {
namespace {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class Exposition {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }

  template <class Number>
  void sample(Labels labels, Number value, std::string_view suffix = "") {
    text_ += fmt::format("{}{}", name_, suffix);
    char opening = '{';
    for (const auto& [label, word] : labels) {
      text_ += fmt::format("{}{}=\"{}\"", opening, label, word);
      opening = ',';
    }
    if (opening == ',') text_ += '}';
    text_ += fmt::format(" {}\n", value);
  }

  // Milliseconds become seconds. NaN is the format's word for a quantile of nothing.
  void summary(std::string_view label, std::string_view word, const QuantileSketch& ms) {
    for (const auto& [quantile, name] : {std::pair(0.5, "0.5"), {0.95, "0.95"}, {0.99, "0.99"}}) {
      const auto value = ms.quantile(quantile);
      if (value)
        sample({{label, word}, {"quantile", name}}, *value / 1000);
      else
        sample({{label, word}, {"quantile", name}}, std::string_view("NaN"));
    }
    sample({{label, word}}, ms.sum() / 1000, "_sum");
    sample({{label, word}}, ms.count(), "_count");
  }

  std::string take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string text_;
};

// Series that can never count anything are not shown.
bool possible(Operation operation, FailureKind kind) {
  switch (kind) {
    case FailureKind::kCompileError:
      return operation == Operation::kCompile;
    case FailureKind::kLoadError:
      return operation == Operation::kLoad;
    case FailureKind::kTimeout:
      return true;
    case FailureKind::kFallback:
      return operation != Operation::kCompile;
    default:
      return operation == Operation::kPredict;
  }
}

void write_failures(const TelemetrySnapshot& snapshot, Exposition& out) {
  out.family("windfall_failures_total", "counter", "Operations that failed, by what went wrong.");
  for (size_t i = 0; i < kOperations; ++i) {
    for (size_t k = 0; k < kFailureKinds; ++k) {
      const auto operation = static_cast<Operation>(i);
      const auto kind = static_cast<FailureKind>(k);
      if (possible(operation, kind))
        out.sample({{"operation", name_of(operation)}, {"kind", name_of(kind)}}, snapshot.failures[i][k]);
    }
  }
}

void write_compute_units(const TelemetrySnapshot& snapshot, Exposition& out) {
  out.family("windfall_predictions_total", "counter",
             "Predictions that succeeded, by the compute units asked for and used.");
  for (int requested = 0; requested < kComputeUnitChoices; ++requested) {
    for (int actual = 0; actual < kComputeUnitChoices; ++actual)
      out.sample({{"requested", compute_units_name(requested)}, {"actual", compute_units_name(actual)}},
                 snapshot.predictions[static_cast<size_t>(requested)][static_cast<size_t>(actual)]);
  }
  out.family("windfall_dispatch_ratio", "gauge", "Share of predictions by the compute units used.");
  for (int units = 0; units < kComputeUnitChoices; ++units)
    out.sample({{"units", compute_units_name(units)}}, snapshot.dispatch_percent(units) / 100);
}

void write_breakers(const TelemetrySnapshot& snapshot, Exposition& out) {
  out.family("windfall_breakers", "gauge", "Circuit breakers that exist, by state.");
  for (size_t i = 0; i < kBreakerStates; ++i)
    out.sample({{"state", name_of(static_cast<BreakerState>(i))}}, snapshot.breakers[i]);
  out.family("windfall_breaker_transitions_total", "counter",
             "Changes of a breaker's state, by the new one.");
  for (size_t i = 0; i < kBreakerStates; ++i)
    out.sample({{"to", name_of(static_cast<BreakerState>(i))}}, snapshot.breaker_transitions[i]);
  out.family("windfall_breaker_trips_total", "counter", "Trips of circuit breakers, by reason.");
  for (size_t i = 0; i < kTripReasons; ++i)
    out.sample({{"reason", name_of(static_cast<TripReason>(i))}}, snapshot.breaker_trips[i]);
}

}  // namespace

std::string to_prometheus(const TelemetrySnapshot& snapshot) {
  Exposition out;
  out.family("windfall_operation_duration_seconds", "summary", "Duration of operations that succeeded.");
  for (size_t i = 0; i < kOperations; ++i)
    out.summary("operation", name_of(static_cast<Operation>(i)), snapshot.operation_ms[i]);
  out.family("windfall_stage_duration_seconds", "summary", "Duration of the stages of predictions.");
  for (size_t i = 0; i < kStages; ++i)
    out.summary("stage", name_of(static_cast<Stage>(i)), snapshot.stage_ms[i]);
  write_failures(snapshot, out);
  write_compute_units(snapshot, out);
  write_breakers(snapshot, out);
  out.family("windfall_queue_refusals_total", "counter", "Tasks that a predictor did not take, by reason.");
  for (size_t i = 0; i < kQueueRefusals; ++i)
    out.sample({{"reason", name_of(static_cast<QueueRefusal>(i))}}, snapshot.queue_refusals[i]);

  const auto single = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
    out.family(name, type, help);
    out.sample({}, value);
  };
  single("windfall_breaker_probes_total", "counter", "Calls let through a half-open breaker.",
         snapshot.breaker_probes);
  single("windfall_cache_hits_total", "counter", "Compiled models found in the cache.", snapshot.cache_hits);
  single("windfall_cache_misses_total", "counter", "Compiled models not found in the cache.",
         snapshot.cache_misses);
  single("windfall_cache_evictions_total", "counter", "Entries that the cache dropped.",
         snapshot.cache_evictions);
  single("windfall_cache_evicted_bytes_total", "counter", "Bytes freed by dropping entries of the cache.",
         snapshot.cache_evicted_bytes);
  single("windfall_abandoned_calls_total", "counter", "Engine calls that overran their time and were left.",
         snapshot.abandoned_calls_total);
  single("windfall_abandoned_calls_outstanding", "gauge", "Abandoned engine calls that have not come back.",
         snapshot.abandoned_calls);
  single("windfall_queue_depth", "gauge", "Tasks that wait for an instance.", snapshot.queued);
  single("windfall_queue_running", "gauge", "Tasks that instances work on.", snapshot.running);
  single("windfall_queue_expired_total", "counter", "Tasks whose time ran out while they waited.",
         snapshot.queue_expired);
  single("windfall_batches_total", "counter", "Predictions of several tasks as one.", snapshot.batches);
  single("windfall_batched_predictions_total", "counter", "Tasks that were predicted together with others.",
         snapshot.batched_predictions);
  single("windfall_resident_memory_bytes", "gauge", "Physical memory of the process.",
         snapshot.resident_bytes);
  single("windfall_resident_memory_peak_bytes", "gauge", "The most physical memory the process ever had.",
         snapshot.peak_resident_bytes);
  single("windfall_tensor_memory_bytes", "gauge", "Memory held by tensors.", snapshot.tensor_bytes);
  single("windfall_tensor_memory_peak_bytes", "gauge", "The most memory tensors ever held.",
         snapshot.peak_tensor_bytes);
  return out.take();
}

}  // namespace wf
