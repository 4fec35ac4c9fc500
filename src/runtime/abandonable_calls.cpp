#include "runtime/abandonable_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "runtime/telemetry/telemetry.h"

namespace wf {
namespace {

using Clock = AbandonableCalls::Clock;

constexpr auto kIdleLife = std::chrono::seconds(5);         // a worker without work goes after this time
constexpr auto kCancelPoll = std::chrono::milliseconds(2);  // how often a waiting caller looks for a cancel

// What caller and worker share of one call.
struct Exchange {
  std::mutex mutex;
  std::condition_variable finished;
  std::optional<AbandonableCalls::Outputs> result;
  bool abandoned = false;
};

bool is_set(const std::atomic<bool>* flag) { return flag && flag->load(std::memory_order_relaxed); }

}  // namespace

struct AbandonableCalls::Core {
  explicit Core(Options options_in) : options(options_in) {}

  const Options options;
  std::mutex mutex;
  std::condition_variable work_came;
  std::deque<std::function<void()>> queue;
  int threads = 0, idle = 0;
  int abandoned = 0, background = 0;
  bool closing = false;
};

AbandonableCalls::AbandonableCalls(Options options) : core_(std::make_shared<Core>(options)) {}

AbandonableCalls::~AbandonableCalls() {
  const std::lock_guard lock(core_->mutex);
  core_->closing = true;
  core_->work_came.notify_all();
}

AbandonableCalls& AbandonableCalls::process() {
  static auto* const calls = new AbandonableCalls({.telemetry = &Telemetry::process()});
  return *calls;
}

void AbandonableCalls::serve(std::shared_ptr<Core> core) {
  std::unique_lock lock(core->mutex);
  for (;;) {
    ++core->idle;
    core->work_came.wait_for(lock, kIdleLife, [&] { return core->closing || !core->queue.empty(); });
    --core->idle;
    if (core->queue.empty()) break;
    std::function<void()> task = std::move(core->queue.front());
    core->queue.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it held goes before the lock is taken again
    lock.lock();
  }
  --core->threads;
}

// With the core's lock held. False if the system gives no thread for it.
bool AbandonableCalls::enqueue(const std::shared_ptr<Core>& core, std::function<void()> task) {
  if (core->idle <= static_cast<int>(core->queue.size())) {
    try {
      std::thread(serve, core).detach();
    } catch (const std::system_error&) {
      return false;
    }
    ++core->threads;
  }
  core->queue.push_back(std::move(task));
  core->work_came.notify_one();
  return true;
}

AbandonableCalls::Outcome AbandonableCalls::call(std::function<Outputs()> work, Clock::time_point deadline,
                                                 const std::atomic<bool>* cancelled, std::string_view who) {
  const auto refused = [](ErrorCode code, std::string why, std::string hint = {}) {
    return Outcome{Ending::kRefused, Error(code, std::move(why), {}, std::move(hint))};
  };
  if (is_set(cancelled)) return refused(ErrorCode::kDeadlineExceeded, "cancelled by the caller");
  if (Clock::now() >= deadline)
    return refused(ErrorCode::kDeadlineExceeded, fmt::format("no time was left to call {}", who));

  auto exchange = std::make_shared<Exchange>();
  auto task = [core = core_, exchange, work = std::move(work), who = std::string(who)]() mutable {
    Outputs result = without_exceptions<std::vector<Datum>>(who, work);
    work = nullptr;
    std::unique_lock lock(exchange->mutex);
    if (!exchange->abandoned) {
      exchange->result = std::move(result);
      exchange->finished.notify_one();
      return;
    }
    lock.unlock();
    result = Error();  // dropped before anybody can see the call as back
    if (core->options.telemetry) core->options.telemetry->record_abandoned_call_back();
    const std::lock_guard core_lock(core->mutex);
    --core->abandoned;
  };
  {
    const std::lock_guard lock(core_->mutex);
    if (core_->abandoned >= core_->options.max_abandoned) {
      return refused(ErrorCode::kRuntime,
                     fmt::format("{} calls have overrun their time and not come back; {} is not called",
                                 core_->abandoned, who),
                     "the engine hangs; restart the process to get rid of its threads");
    }
    if (!enqueue(core_, std::move(task)))
      return refused(ErrorCode::kEnvironment, "the system gives no thread to call " + std::string(who));
  }

  std::unique_lock lock(exchange->mutex);
  while (!exchange->result && !is_set(cancelled) && Clock::now() < deadline) {
    exchange->finished.wait_until(lock,
                                  cancelled ? std::min(deadline, Clock::now() + kCancelPoll) : deadline);
  }
  if (exchange->result) return {Ending::kReturned, *std::move(exchange->result)};
  exchange->abandoned = true;
  {
    const std::lock_guard core_lock(core_->mutex);
    ++core_->abandoned;
  }
  if (core_->options.telemetry) core_->options.telemetry->record_abandoned_call(who);
  lock.unlock();
  return {Ending::kAbandoned, Error(ErrorCode::kDeadlineExceeded,
                                    is_set(cancelled) ? std::string("cancelled by the caller")
                                                      : fmt::format("{} did not answer in time", who))};
}

bool AbandonableCalls::post(std::function<void()> work) {
  const std::lock_guard lock(core_->mutex);
  if (core_->abandoned + core_->background >= core_->options.max_abandoned) return false;
  const bool begun = enqueue(core_, [core = core_, work = std::move(work)]() mutable {
    work();
    work = nullptr;
    const std::lock_guard core_lock(core->mutex);
    --core->background;
  });
  if (begun) ++core_->background;
  return begun;
}

int AbandonableCalls::abandoned() const {
  const std::lock_guard lock(core_->mutex);
  return core_->abandoned;
}

int AbandonableCalls::background() const {
  const std::lock_guard lock(core_->mutex);
  return core_->background;
}

int AbandonableCalls::threads() const {
  const std::lock_guard lock(core_->mutex);
  return core_->threads;
}

}  // namespace wf
