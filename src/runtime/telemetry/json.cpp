#include <nlohmann/json.hpp>

#include "runtime/telemetry/snapshot.h"

namespace wf {
namespace {

using Json = nlohmann::ordered_json;

Json figures(const QuantileSketch& sketch) {
  Json json = {{"count", sketch.count()}, {"sum_ms", sketch.sum()}};
  if (sketch.count() == 0) return json;
  json["min_ms"] = sketch.min();
  json["p50_ms"] = *sketch.quantile(0.5);
  json["p95_ms"] = *sketch.quantile(0.95);
  json["p99_ms"] = *sketch.quantile(0.99);
  json["max_ms"] = sketch.max();
  return json;
}

// {"name": number} over an enumeration's values.
template <class Enum, class Numbers>
Json by_name(const Numbers& numbers) {
  Json json = Json::object();
  for (size_t i = 0; i < numbers.size(); ++i) json[std::string(name_of(static_cast<Enum>(i)))] = numbers[i];
  return json;
}

}  // namespace

std::string to_json(const TelemetrySnapshot& snapshot) {
  Json json = {{"quantile_relative_error", SketchBuckets::kRelativeError}};
  for (size_t i = 0; i < kOperations; ++i) {
    Json& operation = json["operations"][std::string(name_of(static_cast<Operation>(i)))];
    operation = figures(snapshot.operation_ms[i]);
    operation["failures"] = by_name<FailureKind>(snapshot.failures[i]);
  }
  for (size_t i = 0; i < kStages; ++i)
    json["stages"][std::string(name_of(static_cast<Stage>(i)))] = figures(snapshot.stage_ms[i]);
  Json units = Json::array();
  for (int requested = 0; requested < kComputeUnitChoices; ++requested) {
    for (int actual = 0; actual < kComputeUnitChoices; ++actual) {
      const uint64_t count =
          snapshot.predictions[static_cast<size_t>(requested)][static_cast<size_t>(actual)];
      if (count == 0) continue;
      units.push_back({{"requested", compute_units_name(requested)},
                       {"actual", compute_units_name(actual)},
                       {"predictions", count}});
    }
  }
  json["compute_units"] = std::move(units);
  for (int actual = 0; actual < kComputeUnitChoices; ++actual)
    json["dispatch_percent"][std::string(compute_units_name(actual))] = snapshot.dispatch_percent(actual);
  json["cache"] = {{"hits", snapshot.cache_hits},
                   {"misses", snapshot.cache_misses},
                   {"evictions", snapshot.cache_evictions},
                   {"evicted_bytes", snapshot.cache_evicted_bytes}};
  json["breaker"] = {{"breakers", by_name<BreakerState>(snapshot.breakers)},
                     {"transitions", by_name<BreakerState>(snapshot.breaker_transitions)},
                     {"trips", by_name<TripReason>(snapshot.breaker_trips)},
                     {"probes", snapshot.breaker_probes}};
  json["abandoned_calls"] = {{"now", snapshot.abandoned_calls}, {"total", snapshot.abandoned_calls_total}};
  json["queue"] = {{"waiting", snapshot.queued},
                   {"running", snapshot.running},
                   {"refused", by_name<QueueRefusal>(snapshot.queue_refusals)},
                   {"expired", snapshot.queue_expired},
                   {"batches", snapshot.batches},
                   {"batched_predictions", snapshot.batched_predictions}};
  json["memory"] = {{"resident_bytes", snapshot.resident_bytes},
                    {"peak_resident_bytes", snapshot.peak_resident_bytes},
                    {"tensor_bytes", snapshot.tensor_bytes},
                    {"peak_tensor_bytes", snapshot.peak_tensor_bytes}};
  return json.dump();
}

}  // namespace wf
