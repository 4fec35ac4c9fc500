#include "bridge/worker.h"

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace wf::bridge {
namespace {

// Trivial, so that threads which outlive main() may still count.
std::atomic<int64_t> living_count{0};
std::atomic<int64_t> abandoned_count{0};
std::atomic<int64_t> abandoned_limit{8};

// How often a waiting caller looks at its flag; nothing wakes it when somebody sets that.
constexpr std::chrono::milliseconds kLookAtFlag{5};

}  // namespace

struct Worker::State {
  enum class Phase : uint8_t { kQueued, kRunning, kDone };
  struct Entry {
    Job job;
    Phase phase = Phase::kQueued;
  };

  ThreadHooks hooks;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::shared_ptr<Entry>> queue;
  bool ending = false, is_abandoned = false;

  // Under the lock. The queue is handed out, to be destroyed without the lock.
  std::deque<std::shared_ptr<Entry>> abandon_locked() {
    if (!is_abandoned) {
      is_abandoned = true;
      ending = true;
      ++abandoned_count;
    }
    changed.notify_all();
    return std::exchange(queue, {});
  }
};

Result<std::shared_ptr<Worker>> Worker::start(ThreadHooks hooks) {
  if (const int64_t hanging = abandoned_count; hanging >= abandoned_limit) {
    return Error(ErrorCode::kEnvironment,
                 fmt::format("{} calls into Core ML were given up and have not returned: no more are started",
                             hanging),
                 {}, "the system's Core ML hangs; restart the process, or use the cpu engine");
  }
  auto state = std::make_shared<State>();
  state->hooks = hooks;
  ++living_count;
  try {
    std::thread(loop, state).detach();
  } catch (const std::system_error& fault) {
    --living_count;
    return Error(ErrorCode::kEnvironment, fmt::format("no thread for Core ML: {}", fault.what()));
  }
  return std::shared_ptr<Worker>(new Worker(std::move(state)));
}

Worker::~Worker() {
  const std::lock_guard lock(state_->mutex);
  state_->ending = true;
  state_->changed.notify_all();
}

void Worker::loop(const std::shared_ptr<State>& state) {
  if (state->hooks.begin) state->hooks.begin();
  std::unique_lock lock(state->mutex);
  for (;;) {
    state->changed.wait(lock, [&] { return state->ending || !state->queue.empty(); });
    if (state->queue.empty()) break;
    const std::shared_ptr<State::Entry> entry = state->queue.front();
    state->queue.pop_front();
    entry->phase = State::Phase::kRunning;
    lock.unlock();
    entry->job();
    entry->job = nullptr;  // what it owns goes here, on this thread
    lock.lock();
    entry->phase = State::Phase::kDone;
    state->changed.notify_all();
  }
  const bool was_abandoned = state->is_abandoned;
  lock.unlock();
  if (state->hooks.end) state->hooks.end();
  if (was_abandoned) --abandoned_count;
  --living_count;
}

Worker::Outcome Worker::run(Job job, std::optional<Clock::time_point> deadline,
                            const std::atomic<bool>* cancelled) {
  auto entry = std::make_shared<State::Entry>();
  entry->job = std::move(job);
  std::deque<std::shared_ptr<State::Entry>> dropped;  // outlives the lock
  std::unique_lock lock(state_->mutex);
  if (state_->ending) return Outcome::kNotStarted;
  state_->queue.push_back(entry);
  state_->changed.notify_all();
  for (;;) {
    const auto settled = [&] { return entry->phase == State::Phase::kDone || state_->is_abandoned; };
    const auto now = Clock::now();
    const bool late = deadline && now >= *deadline;
    const bool unwanted = late || (cancelled && *cancelled);
    if (entry->phase == State::Phase::kDone) return Outcome::kDone;
    if (state_->is_abandoned)
      return entry->phase == State::Phase::kQueued ? Outcome::kNotStarted : Outcome::kAbandoned;
    if (unwanted) {
      if (entry->phase == State::Phase::kRunning) {
        dropped = state_->abandon_locked();
        return Outcome::kAbandoned;
      }
      std::erase(state_->queue, entry);
      return Outcome::kNotStarted;
    }
    auto until = deadline;
    if (cancelled && (!until || now + kLookAtFlag < *until)) until = now + kLookAtFlag;
    if (until) {
      state_->changed.wait_until(lock, *until, settled);
    } else {
      state_->changed.wait(lock, settled);
    }
  }
}

void Worker::post(Job job) {
  auto entry = std::make_shared<State::Entry>();
  entry->job = std::move(job);
  const std::lock_guard lock(state_->mutex);
  if (state_->ending) return;
  state_->queue.push_back(std::move(entry));
  state_->changed.notify_all();
}

void Worker::abandon() {
  std::deque<std::shared_ptr<State::Entry>> dropped;
  const std::lock_guard lock(state_->mutex);
  dropped = state_->abandon_locked();
}

int64_t Worker::living() { return living_count; }
int64_t Worker::abandoned() { return abandoned_count; }
void Worker::set_abandoned_limit(int64_t limit) { abandoned_limit = limit; }

}  // namespace wf::bridge
