// Everything telemetry knows at one moment, as plain values and as text.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "runtime/breaker_state.h"
#include "runtime/telemetry/failure_kind.h"
#include "runtime/telemetry/quantile_sketch.h"
#include "runtime/telemetry/queue_refusal.h"

namespace wf {

enum class Stage : uint8_t { kMarshalIn, kPredict, kMarshalOut };
inline constexpr int kStages = 3;
std::string_view name_of(Stage stage);  // "marshal_in", "predict", "marshal_out"

inline constexpr int kComputeUnitChoices = 4;    // engine.h: ComputeUnits
std::string_view compute_units_name(int units);  // "all", "cpu_only", "cpu_and_gpu", "cpu_and_ne"

struct TelemetrySnapshot {
  // By Operation, of those that succeeded; a prediction's time is that of its three stages together.
  std::array<QuantileSketch, kOperations> operation_ms;
  std::array<QuantileSketch, kStages> stage_ms;  // by Stage, of predictions that succeeded
  // By Operation and FailureKind. A fallback is counted beside the success that it led to.
  std::array<std::array<uint64_t, kFailureKinds>, kOperations> failures{};
  // Predictions by the compute units that were asked for and those the engine says it used.
  std::array<std::array<uint64_t, kComputeUnitChoices>, kComputeUnitChoices> predictions{};

  uint64_t cache_hits = 0, cache_misses = 0, cache_evictions = 0, cache_evicted_bytes = 0;

  std::array<int64_t, kBreakerStates> breakers{};              // that exist now, by BreakerState
  std::array<uint64_t, kBreakerStates> breaker_transitions{};  // by the state entered
  std::array<uint64_t, kTripReasons> breaker_trips{};          // by TripReason
  uint64_t breaker_probes = 0;                                 // calls let through half-open

  int64_t abandoned_calls = 0;         // engine calls that overran their time and have not come back
  uint64_t abandoned_calls_total = 0;  // ever

  // Of predictors (serving/predictor.h): tasks that wait and that are being run now, tasks that were not
  // taken, those whose time ran out while they waited, and what was run as one.
  int64_t queued = 0, running = 0;
  std::array<uint64_t, kQueueRefusals> queue_refusals{};  // by QueueRefusal
  uint64_t queue_expired = 0;
  uint64_t batches = 0, batched_predictions = 0;

  int64_t resident_bytes = 0, peak_resident_bytes = 0;  // of the process; 0 where the system does not tell
  int64_t tensor_bytes = 0, peak_tensor_bytes = 0;      // held by tensors (TensorMemory)

  uint64_t failures_of(FailureKind kind) const;
  // The share of predictions whose engine says it used just these units, in percent; 0 without predictions.
  double dispatch_percent(int actual_units) const;
};

// One JSON object. Keys are only ever added.
std::string to_json(const TelemetrySnapshot& snapshot);
// A few lines for people; what never happened is left out.
std::string to_summary(const TelemetrySnapshot& snapshot);
// The text exposition format of Prometheus, version 0.0.4: seconds and bytes, names windfall_*.
std::string to_prometheus(const TelemetrySnapshot& snapshot);

}  // namespace wf
