#include "runtime/abandonable_calls.h"

#include <cstdlib>
#include <future>
#include <set>
#include <stdexcept>
#include <thread>

#include "runtime/telemetry/telemetry.h"
#include "support/eventually.h"
#include "support/support.h"

namespace wf::test {
namespace {

using namespace std::chrono_literals;
using enum AbandonableCalls::Ending;
using Outputs = AbandonableCalls::Outputs;

auto soon() { return std::chrono::steady_clock::now() + 5ms; }
auto far() { return std::chrono::steady_clock::now() + 10min; }

Outputs number_five() { return std::vector<Datum>{Datum(number(5))}; }

// A call that hangs until its test lets it go, and what it holds.
struct Hang {
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  std::shared_ptr<int> held = std::make_shared<int>(0);

  std::function<Outputs()> work() {
    return [opened = opened, held = held]() -> Outputs {
      opened.wait();
      return number_five();
    };
  }
};

TEST(AbandonableCalls, GivesWhatTheWorkGives) {
  AbandonableCalls calls({});
  auto outcome = calls.call(number_five, far(), nullptr, "it");
  EXPECT_EQ(outcome.ending, kReturned);
  ASSERT_TRUE(outcome.result.ok());
  EXPECT_EQ(read_double(*(*outcome.result)[0].tensor(), 0), 5);
  outcome = calls.call([]() -> Outputs { return Error(ErrorCode::kRuntime, "no"); }, far(), nullptr, "it");
  EXPECT_EQ(outcome.ending, kReturned);
  expect_error(outcome.result, "no");
  outcome = calls.call([]() -> Outputs { throw std::runtime_error("bang"); }, far(), nullptr, "it");
  EXPECT_EQ(outcome.ending, kReturned);
  expect_error(outcome.result, "it threw: bang");
  outcome = calls.call([]() -> Outputs { throw 7; }, far(), nullptr, "it");
  expect_error(outcome.result, "no std::exception");
  outcome = calls.call([]() -> Outputs { throw std::bad_alloc(); }, far(), nullptr, "it");
  EXPECT_EQ(outcome.result.error().code, ErrorCode::kEnvironment);
}

TEST(AbandonableCalls, OneThatHangsIsLeftAndItsLateResultDropped) {
  Telemetry telemetry;
  AbandonableCalls calls({.max_abandoned = 4, .telemetry = &telemetry});
  Hang hang;
  const std::weak_ptr<int> held = hang.held;
  const auto outcome = calls.call(hang.work(), soon(), nullptr, "the engine");
  hang.held.reset();
  EXPECT_EQ(outcome.ending, kAbandoned);
  ASSERT_FALSE(outcome.result.ok());
  EXPECT_EQ(outcome.result.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(outcome.result.error().message, "the engine did not answer in time");
  EXPECT_EQ(calls.abandoned(), 1);
  EXPECT_EQ(telemetry.snapshot().abandoned_calls, 1);
  EXPECT_FALSE(held.expired()) << "the call still uses what it holds";
  hang.gate.set_value();
  EXPECT_TRUE(eventually([&] { return calls.abandoned() == 0; }));
  EXPECT_TRUE(held.expired());
  EXPECT_EQ(telemetry.snapshot().abandoned_calls, 0);
  EXPECT_EQ(telemetry.snapshot().abandoned_calls_total, 1u);
  EXPECT_EQ(calls.call(number_five, far(), nullptr, "it").ending, kReturned);
}

TEST(AbandonableCalls, TooManyAreRefusedAtOnceUntilSomeAreBack) {
  AbandonableCalls calls({.max_abandoned = 2});
  Hang hangs[2];
  for (Hang& hang : hangs) EXPECT_EQ(calls.call(hang.work(), soon(), nullptr, "it").ending, kAbandoned);
  const auto refused = calls.call(number_five, far(), nullptr, "the engine");
  EXPECT_EQ(refused.ending, kRefused);
  ASSERT_FALSE(refused.result.ok());
  EXPECT_EQ(refused.result.error().code, ErrorCode::kRuntime);
  expect_error(refused.result, "2 calls have overrun their time and not come back; the engine is not called");
  EXPECT_FALSE(calls.post([] {}));
  hangs[0].gate.set_value();
  EXPECT_TRUE(eventually([&] { return calls.abandoned() == 1; }));
  EXPECT_EQ(calls.call(number_five, far(), nullptr, "it").ending, kReturned);
  hangs[1].gate.set_value();
  EXPECT_TRUE(eventually([&] { return calls.abandoned() == 0; }));
}

TEST(AbandonableCalls, ACancelEndsTheWait) {
  AbandonableCalls calls({});
  Hang hang;
  std::atomic<bool> cancelled{false};
  std::thread canceller([&] { cancelled = true; });
  const auto outcome = calls.call(hang.work(), far(), &cancelled, "it");
  canceller.join();
  ASSERT_FALSE(outcome.result.ok());
  EXPECT_EQ(outcome.result.error().message, "cancelled by the caller");
  EXPECT_EQ(calls.call(number_five, far(), &cancelled, "it").ending, kRefused) << "cancelled before";
  hang.gate.set_value();
  EXPECT_TRUE(eventually([&] { return calls.abandoned() == 0; }));
}

TEST(AbandonableCalls, WithoutTimeNothingIsBegun) {
  AbandonableCalls calls({});
  std::atomic<bool> begun{false};
  const auto work = [&]() -> Outputs {
    begun = true;
    return number_five();
  };
  const auto outcome = calls.call(work, std::chrono::steady_clock::now(), nullptr, "it");
  EXPECT_EQ(outcome.ending, kRefused);
  ASSERT_FALSE(outcome.result.ok());
  EXPECT_EQ(outcome.result.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(calls.threads(), 0);
  EXPECT_FALSE(begun);
}

TEST(AbandonableCalls, WorkersServeAgain) {
  AbandonableCalls calls({});
  std::set<std::thread::id> workers;
  for (int i = 0; i < 200; ++i) {
    const auto note = [&]() -> Outputs {
      workers.insert(std::this_thread::get_id());
      return number_five();
    };
    EXPECT_EQ(calls.call(note, far(), nullptr, "it").ending, kReturned);
  }
  // A second one is started when the first is not back at its place yet; hardly a third.
  EXPECT_LE(workers.size(), 20u);
  std::atomic<int> done{0};
  EXPECT_TRUE(calls.post([&] { ++done; }));
  EXPECT_TRUE(eventually([&] { return done == 1 && calls.background() == 0; }));
}

TEST(AbandonableCalls, SixteenThreadsWithHangsAmongThem) {
  Telemetry telemetry;
  AbandonableCalls calls({.max_abandoned = 3, .telemetry = &telemetry});
  Hang hang;
  std::atomic<int> returned{0}, abandoned{0}, refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const bool hangs = t % 4 == 0 && i == 25;
        const auto outcome = hangs ? calls.call(hang.work(), soon(), nullptr, "it")
                                   : calls.call(number_five, far(), nullptr, "it");
        ++(outcome.ending == kReturned ? returned : outcome.ending == kAbandoned ? abandoned : refused);
        EXPECT_EQ(outcome.result.ok(), outcome.ending == kReturned);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(returned + abandoned + refused, 16 * 50);
  EXPECT_GE(abandoned, 3);
  EXPECT_LE(abandoned, 4) << "four hang, and calls begun together may pass the cap together";
  EXPECT_EQ(calls.abandoned(), abandoned);
  hang.gate.set_value();
  EXPECT_TRUE(eventually([&] { return calls.abandoned() == 0; }));
  EXPECT_EQ(telemetry.snapshot().abandoned_calls_total, static_cast<uint64_t>(abandoned));
}

TEST(AbandonableCalls, MayGoBeforeTheirWorkers) {
  Hang hang;
  const std::weak_ptr<int> held = hang.held;
  {
    AbandonableCalls calls({});
    EXPECT_EQ(calls.call(hang.work(), soon(), nullptr, "it").ending, kAbandoned);
  }
  hang.held.reset();
  hang.gate.set_value();
  EXPECT_TRUE(eventually([&] { return held.expired(); }));
}

TEST(AbandonableCallsDeathTest, AProcessEndsCleanlyWithOneHanging) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        auto& calls = AbandonableCalls::process();
        (void)calls.call(
            []() -> Outputs {
              for (;;) std::this_thread::sleep_for(1h);
            },
            soon(), nullptr, "it");
        std::exit(calls.abandoned() == 1 ? 17 : 1);
      },
      ::testing::ExitedWithCode(17), "^$");
}

}  // namespace
}  // namespace wf::test
