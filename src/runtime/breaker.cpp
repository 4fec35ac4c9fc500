#include "runtime/breaker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "runtime/platform.h"
#include "runtime/telemetry/telemetry.h"

namespace wf {

std::optional<bool> forced_by_environment() {
  const char* text = std::getenv("COREML_FORCE_ENABLE");
  const std::string_view word = text ? text : "";
  if (word == "1") return true;
  if (word == "0") return false;
  return std::nullopt;
}

CircuitBreaker::Permit& CircuitBreaker::Permit::operator=(Permit&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  breaker_ = std::exchange(other.breaker_, nullptr);
  epoch_ = other.epoch_;
  granted_ = other.granted_;
  return *this;
}

void CircuitBreaker::Permit::record(bool success, bool within_sla) {
  if (breaker_) std::exchange(breaker_, nullptr)->take(epoch_, Sample{success, within_sla});
}

void CircuitBreaker::Permit::give_back() {
  if (breaker_) std::exchange(breaker_, nullptr)->take(epoch_, std::nullopt);
}

CircuitBreaker::CircuitBreaker(BreakerOptions options)
    : options_(std::move(options)), backoff_(options_.first_backoff) {
  if (options_.telemetry) options_.telemetry->record_breaker_made();
}

CircuitBreaker::~CircuitBreaker() {
  if (options_.telemetry) options_.telemetry->record_breaker_gone(state_);
}

CircuitBreaker::Permit CircuitBreaker::admit() {
  constexpr uint64_t kCountsForNothing = 0;
  const std::lock_guard lock(mutex_);
  if (options_.forced) return *options_.forced ? Permit(this, kCountsForNothing) : Permit();
  const Clock::time_point when = now();
  if (state_ == BreakerState::kOpen) {
    if (when < try_again_) return {};
    enter(BreakerState::kHalfOpen);
  }
  if (memory_is_over(when)) {
    open(TripReason::kMemory,
         fmt::format("the process holds {} bytes, at most {}", memory_seen_, *options_.memory_limit));
    return {};
  }
  if (state_ == BreakerState::kHalfOpen) {
    if (probes_out_ + probes_succeeded_ >= options_.probes) return {};
    ++probes_out_;
    if (options_.telemetry) options_.telemetry->record_breaker_probe();
  }
  return {this, epoch_};
}

void CircuitBreaker::take(uint64_t epoch, std::optional<Sample> outcome) {
  const std::lock_guard lock(mutex_);
  if (epoch != epoch_ || options_.forced) {
    // A probe's place is free again, even though its outcome counts for nothing.
    if (epoch == epoch_ && state_ == BreakerState::kHalfOpen) --probes_out_;
    return;
  }
  if (state_ == BreakerState::kHalfOpen) {
    --probes_out_;
    if (!outcome) return;
    if (!outcome->success || !outcome->within_sla) {
      open(TripReason::kProbeFailed, outcome->success ? "a probe took too long" : "a probe failed");
    } else if (++probes_succeeded_ >= options_.probes) {
      backoff_ = options_.first_backoff;
      enter(BreakerState::kClosed);
    }
    return;
  }
  if (!outcome) return;
  if (window_.size() < options_.window) {
    window_.push_back(*outcome);
  } else {
    window_[next_] = *outcome;
    next_ = (next_ + 1) % window_.size();
  }
  judge_window();
}

void CircuitBreaker::judge_window() {
  const auto successes = static_cast<size_t>(std::ranges::count(window_, true, &Sample::success));
  const auto violations = static_cast<size_t>(std::ranges::count(window_, false, &Sample::within_sla));
  const double rate = static_cast<double>(successes) / static_cast<double>(window_.size());
  if (window_.size() >= options_.min_samples && rate < options_.min_success_rate) {
    open(TripReason::kSuccessRate,
         fmt::format("{} of the last {} calls succeeded", successes, window_.size()));
  } else if (violations > options_.max_sla_violations) {
    open(TripReason::kSlaViolations,
         fmt::format("{} of the last {} calls took too long", violations, window_.size()));
  }
}

bool CircuitBreaker::memory_is_over(Clock::time_point when) {
  if (!options_.memory_limit) return false;
  if (!memory_looked_at_ || when - *memory_looked_at_ >= options_.memory_interval) {
    memory_looked_at_ = when;
    memory_seen_ = options_.memory ? options_.memory() : process_memory().resident_bytes;
    memory_was_over_ = memory_seen_ > *options_.memory_limit;
  }
  return memory_was_over_;
}

void CircuitBreaker::open(TripReason reason, std::string why) {
  if (state_ == BreakerState::kHalfOpen) backoff_ = std::min(backoff_ * 2, options_.max_backoff);
  try_again_ = now() + backoff_;
  ++trips_[static_cast<size_t>(reason)];
  last_trip_ = std::move(why);
  if (options_.telemetry) options_.telemetry->record_breaker_trip(reason, last_trip_, options_.name);
  if (state_ != BreakerState::kOpen) enter(BreakerState::kOpen);
}

void CircuitBreaker::enter(BreakerState state) {
  if (options_.telemetry) options_.telemetry->record_breaker_transition(state_, state, options_.name);
  state_ = state;
  ++epoch_;
  window_.clear();
  next_ = probes_out_ = probes_succeeded_ = 0;
}

void CircuitBreaker::trip(std::string why, TripReason reason) {
  const std::lock_guard lock(mutex_);
  open(reason, std::move(why));
}

void CircuitBreaker::reset() {
  const std::lock_guard lock(mutex_);
  backoff_ = options_.first_backoff;
  if (state_ != BreakerState::kClosed) enter(BreakerState::kClosed);
  window_.clear();
  next_ = 0;
  memory_looked_at_.reset();
}

void CircuitBreaker::force(std::optional<bool> forced) {
  const std::lock_guard lock(mutex_);
  options_.forced = forced;
}

std::optional<bool> CircuitBreaker::forced() const {
  const std::lock_guard lock(mutex_);
  return options_.forced;
}

BreakerState CircuitBreaker::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

uint64_t CircuitBreaker::trips(TripReason reason) const {
  const std::lock_guard lock(mutex_);
  return trips_[static_cast<size_t>(reason)];
}

uint64_t CircuitBreaker::trips() const {
  const std::lock_guard lock(mutex_);
  uint64_t sum = 0;
  for (const uint64_t each : trips_) sum += each;
  return sum;
}

std::string CircuitBreaker::last_trip() const {
  const std::lock_guard lock(mutex_);
  return last_trip_;
}

EnablementVerdict enablement_of(std::optional<double> primary_p99_ms, std::optional<double> fallback_p99_ms,
                                double max_ratio) {
  if (!primary_p99_ms || !fallback_p99_ms || !(*fallback_p99_ms > 0)) return {};
  const double ratio = *primary_p99_ms / *fallback_p99_ms;
  return {ratio <= max_ratio ? Enablement::kWorthwhile : Enablement::kTooSlow, ratio};
}

}  // namespace wf
