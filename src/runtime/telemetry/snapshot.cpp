#include "runtime/telemetry/snapshot.h"

#include <array>

#include "runtime/engine.h"

namespace wf {

static_assert(static_cast<int>(ComputeUnits::kCpuAndNe) == kComputeUnitChoices - 1);

std::string_view name_of(Stage stage) {
  static constexpr std::array<std::string_view, kStages> kNames = {"marshal_in", "predict", "marshal_out"};
  return kNames[static_cast<size_t>(stage)];
}

std::string_view compute_units_name(int units) {
  static constexpr std::array<std::string_view, kComputeUnitChoices> kNames = {"all", "cpu_only",
                                                                               "cpu_and_gpu", "cpu_and_ne"};
  return kNames[static_cast<size_t>(units)];
}

std::string_view name_of(BreakerState state) {
  static constexpr std::array<std::string_view, kBreakerStates> kNames = {"closed", "open", "half_open"};
  return kNames[static_cast<size_t>(state)];
}

std::string_view name_of(TripReason reason) {
  static constexpr std::array<std::string_view, kTripReasons> kNames = {
      "success_rate", "sla_violations", "memory", "by_hand", "probe_failed", "not_prepared"};
  return kNames[static_cast<size_t>(reason)];
}

uint64_t TelemetrySnapshot::failures_of(FailureKind kind) const {
  uint64_t sum = 0;
  for (const auto& of_operation : failures) sum += of_operation[static_cast<size_t>(kind)];
  return sum;
}

double TelemetrySnapshot::dispatch_percent(int actual_units) const {
  uint64_t all = 0, these = 0;
  for (const auto& requested : predictions) {
    for (const uint64_t each : requested) all += each;
    these += requested[static_cast<size_t>(actual_units)];
  }
  return all == 0 ? 0 : 100.0 * static_cast<double>(these) / static_cast<double>(all);
}

}  // namespace wf
