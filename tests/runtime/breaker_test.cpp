// Every arrow of the state machine in breaker.h, on a clock of the test's own.
#include "runtime/breaker.h"

#include <cstdlib>
#include <thread>

#include "runtime/telemetry/telemetry.h"
#include "support/support.h"

namespace wf::test {
namespace {

using namespace std::chrono_literals;
using enum BreakerState;

class BreakerTest : public ::testing::Test {
 protected:
  BreakerOptions options() {
    BreakerOptions options;
    options.now = [this] { return now_; };
    options.memory = [this] {
      ++memory_looks_;
      return memory_;
    };
    options.telemetry = &telemetry_;
    return options;
  }
  // `count` calls, each told so.
  void calls(CircuitBreaker& breaker, int count, bool success, bool within_sla = true) {
    for (int i = 0; i < count; ++i) {
      auto permit = breaker.admit();
      ASSERT_TRUE(permit) << "call " << i;
      permit.record(success, within_sla);
    }
  }
  // From closed, by failures.
  void trip(CircuitBreaker& breaker) {
    calls(breaker, 10, false);
    ASSERT_EQ(breaker.state(), kOpen);
  }

  std::chrono::steady_clock::time_point now_{};
  int64_t memory_ = 0;
  int memory_looks_ = 0;
  Telemetry telemetry_;
};

TEST_F(BreakerTest, SaysNothingBeforeTenSamples) {
  CircuitBreaker breaker(options());
  calls(breaker, 9, false);
  EXPECT_EQ(breaker.state(), kClosed);
  calls(breaker, 1, true);  // one of ten
  EXPECT_EQ(breaker.state(), kOpen);
  EXPECT_EQ(breaker.trips(TripReason::kSuccessRate), 1u);
  EXPECT_EQ(breaker.last_trip(), "1 of the last 10 calls succeeded");
}

TEST_F(BreakerTest, TripsBelowNinetyFivePercentNotAtIt) {
  CircuitBreaker breaker(options());
  calls(breaker, 95, true);
  calls(breaker, 5, false);
  EXPECT_EQ(breaker.state(), kClosed) << "95 of 100";
  calls(breaker, 1, false);  // pushes a success out of the window
  EXPECT_EQ(breaker.state(), kOpen);
  EXPECT_EQ(breaker.last_trip(), "94 of the last 100 calls succeeded");
}

TEST_F(BreakerTest, OnlyTheLastHundredCount) {
  CircuitBreaker breaker(options());
  calls(breaker, 100, true);
  for (int round = 0; round < 10; ++round) {  // 5 failures in every 100
    calls(breaker, 5, false);
    calls(breaker, 95, true);
  }
  EXPECT_EQ(breaker.state(), kClosed);
}

TEST_F(BreakerTest, MoreThanThreeSlaViolationsInAHundredTrip) {
  CircuitBreaker breaker(options());
  for (int round = 0; round < 5; ++round) {
    calls(breaker, 3, true, false);
    calls(breaker, 97, true);
  }
  EXPECT_EQ(breaker.state(), kClosed);
  calls(breaker, 3, true, false);
  EXPECT_EQ(breaker.state(), kClosed) << "three";
  calls(breaker, 1, true, false);
  EXPECT_EQ(breaker.state(), kOpen) << "four";
  EXPECT_EQ(breaker.trips(TripReason::kSlaViolations), 1u);

  CircuitBreaker fresh(options());  // violations need no ten samples
  calls(fresh, 4, true, false);
  EXPECT_EQ(fresh.state(), kOpen);
}

TEST_F(BreakerTest, MemoryAboveItsLimitTripsAndIsLookedAtNowAndThen) {
  CircuitBreaker breaker(options());
  memory_ = int64_t{2} << 30;
  calls(breaker, 50, true);
  EXPECT_EQ(breaker.state(), kClosed) << "at the limit";
  EXPECT_EQ(memory_looks_, 1);
  ++memory_;
  calls(breaker, 1, true);
  EXPECT_EQ(breaker.state(), kClosed) << "not looked at again yet";
  now_ += 100ms;
  EXPECT_FALSE(breaker.admit());
  EXPECT_EQ(breaker.state(), kOpen);
  EXPECT_EQ(breaker.trips(TripReason::kMemory), 1u);
  EXPECT_EQ(breaker.last_trip(), "the process holds 2147483649 bytes, at most 2147483648");
  now_ += 1s;  // still too much: open again without a probe, for twice the time
  EXPECT_FALSE(breaker.admit());
  EXPECT_EQ(breaker.trips(TripReason::kMemory), 2u);
  memory_ = 0;
  now_ += 1999ms;
  EXPECT_FALSE(breaker.admit());
  now_ += 1ms;
  EXPECT_TRUE(breaker.admit());
  EXPECT_EQ(breaker.state(), kHalfOpen);

  BreakerOptions without = options();
  without.memory_limit.reset();
  memory_ = INT64_MAX;
  CircuitBreaker blind(without);
  calls(blind, 5, true);
  EXPECT_EQ(blind.state(), kClosed);
}

TEST_F(BreakerTest, OpenAdmitsNobodyUntilTheBackOffIsOver) {
  CircuitBreaker breaker(options());
  trip(breaker);
  EXPECT_FALSE(breaker.admit());
  now_ += 999ms;
  EXPECT_FALSE(breaker.admit());
  EXPECT_EQ(breaker.state(), kOpen);
  now_ += 1ms;
  EXPECT_EQ(breaker.state(), kOpen) << "until somebody asks";
  EXPECT_TRUE(breaker.admit());
  EXPECT_EQ(breaker.state(), kHalfOpen);
}

TEST_F(BreakerTest, HalfOpenAdmitsThreeProbesAndClosesWhenAllSucceed) {
  CircuitBreaker breaker(options());
  trip(breaker);
  now_ += 1s;
  auto a = breaker.admit(), b = breaker.admit(), c = breaker.admit();
  EXPECT_TRUE(a && b && c);
  EXPECT_FALSE(breaker.admit()) << "a fourth";
  a.record(true);
  b.record(true);
  EXPECT_EQ(breaker.state(), kHalfOpen);
  EXPECT_FALSE(breaker.admit());
  c.record(true);
  EXPECT_EQ(breaker.state(), kClosed);
  calls(breaker, 9, false);  // nothing is kept of what was before
  EXPECT_EQ(breaker.state(), kClosed);
}

TEST_F(BreakerTest, AProbeGivenBackMakesRoom) {
  CircuitBreaker breaker(options());
  trip(breaker);
  now_ += 1s;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(breaker.admit());  // gone without a word each time
  EXPECT_EQ(breaker.state(), kHalfOpen);
  calls(breaker, 3, true);
  EXPECT_EQ(breaker.state(), kClosed);
}

TEST_F(BreakerTest, AFailedOrSlowProbeOpensAgainForTwiceAsLongUpToTheCap) {
  CircuitBreaker breaker(options());
  trip(breaker);
  auto backoff = std::chrono::duration_cast<std::chrono::milliseconds>(1s);
  for (int round = 0; round < 10; ++round) {
    now_ += backoff - 1ms;
    EXPECT_FALSE(breaker.admit()) << round;
    now_ += 1ms;
    auto first = breaker.admit(), second = breaker.admit();
    ASSERT_TRUE(first && second) << round;
    first.record(true);
    const bool slow = round % 2 == 0;
    second.record(slow, !slow);
    EXPECT_EQ(breaker.state(), kOpen);
    backoff = std::min(backoff * 2, std::chrono::milliseconds(60s));
  }
  EXPECT_EQ(backoff, 60s);
  EXPECT_EQ(breaker.trips(TripReason::kProbeFailed), 10u);
  now_ += 60s;
  calls(breaker, 3, true);
  EXPECT_EQ(breaker.state(), kClosed);
  trip(breaker);  // the back-off is as at first
  now_ += 1s;
  EXPECT_TRUE(breaker.admit());
}

TEST_F(BreakerTest, OutcomesOfAnEarlierStayCountForNothing) {
  CircuitBreaker breaker(options());
  auto from_closed = breaker.admit();
  trip(breaker);
  now_ += 1s;
  auto probe = breaker.admit();
  from_closed.record(false);
  EXPECT_EQ(breaker.state(), kHalfOpen) << "no probe of this stay";
  probe.record(false);
  EXPECT_EQ(breaker.state(), kOpen);
  now_ += 2s;
  auto second_stay = breaker.admit();
  probe.record(true);  // a second word says nothing
  EXPECT_EQ(breaker.state(), kHalfOpen);
  second_stay.record(true);
  calls(breaker, 2, true);
  EXPECT_EQ(breaker.state(), kClosed);
}

TEST_F(BreakerTest, ByHandFromEveryState) {
  CircuitBreaker breaker(options());
  breaker.trip("maintenance");
  EXPECT_EQ(breaker.state(), kOpen);
  EXPECT_EQ(breaker.last_trip(), "maintenance");
  now_ += 900ms;
  breaker.trip("still");  // the back-off starts anew, no longer than before
  now_ += 900ms;
  EXPECT_FALSE(breaker.admit());
  now_ += 100ms;
  EXPECT_TRUE(breaker.admit());
  ASSERT_EQ(breaker.state(), kHalfOpen);
  breaker.trip("again");  // from half-open: twice as long
  now_ += 1999ms;
  EXPECT_FALSE(breaker.admit());
  EXPECT_EQ(breaker.trips(TripReason::kByHand), 3u);
  EXPECT_EQ(breaker.trips(), 3u);
  breaker.reset();
  EXPECT_EQ(breaker.state(), kClosed);
  EXPECT_TRUE(breaker.admit());
  calls(breaker, 9, false);
  breaker.reset();  // when closed, forgets what it kept
  calls(breaker, 9, false);
  EXPECT_EQ(breaker.state(), kClosed);
}

TEST_F(BreakerTest, ForcedOnAdmitsAllForcedOffNone) {
  BreakerOptions on = options();
  on.forced = true;
  CircuitBreaker breaker(on);
  memory_ = INT64_MAX;
  calls(breaker, 50, false, false);
  EXPECT_EQ(breaker.state(), kClosed);
  breaker.trip("by hand");
  EXPECT_EQ(breaker.state(), kOpen);
  calls(breaker, 5, true);
  EXPECT_EQ(breaker.state(), kOpen) << "stands still";
  breaker.force(false);
  now_ += 100s;
  EXPECT_FALSE(breaker.admit());
  EXPECT_EQ(breaker.state(), kOpen);
  memory_ = 0;
  breaker.force(std::nullopt);
  auto probe = breaker.admit();
  EXPECT_TRUE(probe);
  EXPECT_EQ(breaker.state(), kHalfOpen);
  breaker.force(true);
  probe.record(false);  // counts for nothing, but its place is free again
  breaker.force(std::nullopt);
  EXPECT_EQ(breaker.state(), kHalfOpen);
  calls(breaker, 3, true);
  EXPECT_EQ(breaker.state(), kClosed);
}

TEST_F(BreakerTest, TheEnvironmentForces) {
  const auto with = [](const char* word) {
    ::setenv("COREML_FORCE_ENABLE", word, 1);
    const auto forced = forced_by_environment();
    ::unsetenv("COREML_FORCE_ENABLE");
    return forced;
  };
  EXPECT_EQ(with("1"), std::optional(true));
  EXPECT_EQ(with("0"), std::optional(false));
  EXPECT_EQ(with(""), std::nullopt);
  EXPECT_EQ(with("yes"), std::nullopt);
  EXPECT_EQ(forced_by_environment(), std::nullopt);
}

TEST_F(BreakerTest, TelemetrySeesEveryChange) {
  {
    CircuitBreaker breaker(options()), other(options());
    trip(breaker);
    TelemetrySnapshot seen = telemetry_.snapshot();
    EXPECT_EQ(seen.breakers, (std::array<int64_t, 3>{1, 1, 0}));
    EXPECT_EQ(seen.breaker_trips[static_cast<size_t>(TripReason::kSuccessRate)], 1u);
    now_ += 1s;
    calls(breaker, 3, true);
    seen = telemetry_.snapshot();
    EXPECT_EQ(seen.breakers, (std::array<int64_t, 3>{2, 0, 0}));
    EXPECT_EQ(seen.breaker_transitions, (std::array<uint64_t, 3>{1, 1, 1}));
    EXPECT_EQ(seen.breaker_probes, 3u);
    breaker.trip("by hand");
  }
  EXPECT_EQ(telemetry_.snapshot().breakers, (std::array<int64_t, 3>{0, 0, 0}));
}

TEST_F(BreakerTest, SixteenThreadsLeaveItWhole) {
  BreakerOptions own = options();
  own.now = nullptr;
  own.first_backoff = own.max_backoff = 0s;
  CircuitBreaker breaker(own);
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        auto permit = breaker.admit();
        if (!permit) continue;
        if (i % 7 != 0) permit.record((i + t) % 3 != 0, i % 5 != 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const TelemetrySnapshot seen = telemetry_.snapshot();
  EXPECT_GT(breaker.trips(), 0u);
  // Every stay in a state ends in another one: entries balance to within the state it is in now.
  const auto entered = [&](BreakerState state) {
    return seen.breaker_transitions[static_cast<size_t>(state)];
  };
  EXPECT_EQ(entered(kOpen) - entered(kHalfOpen), breaker.state() == kOpen ? 1u : 0u)
      << "open is left for half-open alone";
  breaker.reset();
  calls(breaker, 5, true);
  EXPECT_EQ(breaker.state(), kClosed);
}

TEST(Enablement, OnlyAtSevenTenthsOfTheFallbacksP99) {
  EXPECT_EQ(enablement_of(std::nullopt, 10).enablement, Enablement::kNotMeasured);
  EXPECT_EQ(enablement_of(7, std::nullopt).enablement, Enablement::kNotMeasured);
  EXPECT_EQ(enablement_of(7, 0).enablement, Enablement::kNotMeasured);
  EXPECT_EQ(enablement_of(7, 10).enablement, Enablement::kWorthwhile);
  EXPECT_EQ(enablement_of(7.01, 10).enablement, Enablement::kTooSlow);
  EXPECT_DOUBLE_EQ(enablement_of(5, 10).ratio, 0.5);
}

}  // namespace
}  // namespace wf::test
