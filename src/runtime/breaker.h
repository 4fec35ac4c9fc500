// A circuit breaker: keeps calls away from an engine that fails, is too slow or fills the memory, and lets it
// try again after a while.
//
//              trip                      back-off over, at the next admit()
//   closed ------------------> open ----------------------------------------> half-open
//     ^                        ^ |                                             |     |
//     |                        | +-- trip by hand: the back-off starts anew    |     |
//     |                        +---- a probe fails, or a trip: back-off x 2 ---+     |
//     +------------------------ every probe succeeded: back-off as at first ---------+
//
//   closed     Every call is admitted. The outcomes of the last `window` calls are kept. Trips when
//              - at least `min_samples` are kept and less than `min_success_rate` of them succeeded;
//              - more than `max_sla_violations` of them took too long, whether they succeeded or not;
//              - the process holds more memory than `memory_limit` (looked at by admit(), at most once per
//                `memory_interval`);
//              - trip() is called.
//   open       No call is admitted until the back-off is over; then admit() makes it half-open.
//   half-open  At most `probes` calls are admitted. When so many succeeded in time: closed, with nothing kept
//              of what was before. One that fails or takes too long: open. A probe that is given back without
//              an outcome makes room for another one. Memory is looked at as when closed.
//
// An outcome counts only in the state that admitted the call: of a call that was admitted before a change it
// says nothing. reset() goes to closed from anywhere. While forced on (off) every call (none) is admitted,
// outcomes count for nothing and the state stands still, but for trip() and reset().
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/breaker_state.h"

namespace wf {

class Telemetry;

struct BreakerOptions {
  using Clock = std::chrono::steady_clock;

  std::string name;  // what it guards, for telemetry
  size_t window = 100, min_samples = 10;
  double min_success_rate = 0.95;
  size_t max_sla_violations = 3;
  std::optional<int64_t> memory_limit = int64_t{2} << 30;  // bytes; nothing: memory is not looked at
  Clock::duration memory_interval = std::chrono::milliseconds(100);
  Clock::duration first_backoff = std::chrono::seconds(1), max_backoff = std::chrono::seconds(60);
  size_t probes = 3;
  std::optional<bool> forced;

  std::function<Clock::time_point()> now;  // the steady clock unless given
  std::function<int64_t()> memory;         // the process's resident bytes unless given
  Telemetry* telemetry = nullptr;          // where changes and trips are recorded, if anywhere
};

// What COREML_FORCE_ENABLE says: "1" on, "0" off, anything else nothing.
std::optional<bool> forced_by_environment();

class CircuitBreaker {
 public:
  explicit CircuitBreaker(BreakerOptions options);
  ~CircuitBreaker();
  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  // Leave for one call, or none. Must not outlive the breaker. Whoever has it tells how the call ended; gone
  // without a word, the call counts for nothing (the caller's own mistake, say).
  class Permit {
   public:
    Permit() = default;
    Permit(Permit&& other) noexcept
        : breaker_(other.breaker_), epoch_(other.epoch_), granted_(other.granted_) {
      other.breaker_ = nullptr;
    }
    Permit& operator=(Permit&& other) noexcept;
    ~Permit() { give_back(); }

    explicit operator bool() const { return granted_; }
    void record(bool success, bool within_sla = true);

   private:
    friend class CircuitBreaker;
    Permit(CircuitBreaker* breaker, uint64_t epoch) : breaker_(breaker), epoch_(epoch), granted_(true) {}
    void give_back();

    CircuitBreaker* breaker_ = nullptr;  // null: nothing to tell any more
    uint64_t epoch_ = 0;
    bool granted_ = false;
  };

  // Any thread, any time.
  Permit admit();
  void trip(std::string why, TripReason reason = TripReason::kByHand);
  void reset();
  void force(std::optional<bool> forced);

  std::optional<bool> forced() const;

  // Open stays open until the first admit() after its back-off.
  BreakerState state() const;
  uint64_t trips(TripReason reason) const;
  uint64_t trips() const;
  std::string last_trip() const;  // why, in words; empty before the first

 private:
  using Clock = BreakerOptions::Clock;
  struct Sample {
    bool success, within_sla;
  };

  // All with the lock held.
  Clock::time_point now() const { return options_.now ? options_.now() : Clock::now(); }
  bool memory_is_over(Clock::time_point when);
  void open(TripReason reason, std::string why);
  void enter(BreakerState state);
  void judge_window();

  void take(uint64_t epoch, std::optional<Sample> outcome);

  BreakerOptions options_;
  mutable std::mutex mutex_;
  BreakerState state_ = BreakerState::kClosed;
  uint64_t epoch_ = 1;  // the number of the current stay in a state
  std::vector<Sample> window_;
  size_t next_ = 0;  // where the next sample goes once the window is full
  size_t probes_out_ = 0, probes_succeeded_ = 0;
  Clock::duration backoff_;
  Clock::time_point try_again_{};
  std::optional<Clock::time_point> memory_looked_at_;
  bool memory_was_over_ = false;
  int64_t memory_seen_ = 0;
  uint64_t trips_[kTripReasons] = {};
  std::string last_trip_;
};

// Is the primary engine worth using? Only if its p99 is at most `max_ratio` of the fallback's; not to be said
// before both have been measured.
enum class Enablement : uint8_t { kNotMeasured, kWorthwhile, kTooSlow };
struct EnablementVerdict {
  Enablement enablement = Enablement::kNotMeasured;
  double ratio = 0;  // primary's p99 / fallback's p99; 0 if not measured
};
EnablementVerdict enablement_of(std::optional<double> primary_p99_ms, std::optional<double> fallback_p99_ms,
                                double max_ratio = 0.7);

}  // namespace wf
