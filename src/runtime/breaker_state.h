// The words of the circuit breaker (breaker.h), which telemetry counts.
#pragma once

#include <cstdint>
#include <string_view>

namespace wf {

enum class BreakerState : uint8_t { kClosed, kOpen, kHalfOpen };
inline constexpr int kBreakerStates = 3;
std::string_view name_of(BreakerState state);  // "closed", "open", "half_open"

enum class TripReason : uint8_t {
  kSuccessRate,    // too few of the last calls succeeded
  kSlaViolations,  // too many of the last calls took too long
  kMemory,         // the process holds too much memory
  kByHand,         // somebody said so
  kProbeFailed,    // half-open, and it failed again
  kNotPrepared,    // the engine could not make the model ready
};
inline constexpr int kTripReasons = 6;
std::string_view name_of(TripReason reason);  // "success_rate", "sla_violations", "memory", ...

}  // namespace wf
