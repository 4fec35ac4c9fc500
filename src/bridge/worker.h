// A thread for calls that nothing can stop. Core ML's load and prediction may take minutes or never return;
// whoever waits for one stops waiting at its deadline, and the thread, with all that it holds, is left to
// itself: abandoned. A late result is dropped with it.
//
// runtime/abandonable_calls.h also leaves calls behind, and is another thing: threads from a pool, any call
// on any of them, for engines of which nothing is known. Here a thread belongs to one model, which is made,
// used and released on it alone, one job after the other, between Foundation's hooks; abandoned, it takes
// that model with it and never serves again. One on the other would need a pool whose threads are told apart,
// or a model that may wander.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "base/error.h"

namespace wf::bridge {

struct ThreadHooks {  // run on the thread, first and last
  void (*begin)() = nullptr;
  void (*end)() = nullptr;
};

class Worker {
 public:
  using Clock = std::chrono::steady_clock;
  // Runs on the worker's thread. Must own all that it touches: it may outlive the caller by any time.
  using Job = std::function<void()>;

  enum class Outcome : uint8_t {
    kDone,
    kNotStarted,  // its time was over, or it was cancelled, before its turn came: it will not run
    kAbandoned    // its time was over while it ran: this worker takes no more jobs
  };

  // An error where too many abandoned threads still hang, or the system gives no thread.
  static Result<std::shared_ptr<Worker>> start(ThreadHooks hooks);
  // Does not wait: jobs that were posted are finished by the thread alone, then it ends.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Jobs run one after the other. Waits for this one, no longer than the deadline.
  Outcome run(Job job, std::optional<Clock::time_point> deadline,
              const std::atomic<bool>* cancelled = nullptr);
  // Does not wait. Dropped unrun if the worker is abandoned before.
  void post(Job job);
  // Leaves the thread to itself, whatever it does.
  void abandon();

  static int64_t living();     // threads of all workers
  static int64_t abandoned();  // those of them that were abandoned and have not come back
  // Beyond so many (default 8) no worker starts: a system that hangs every call must not collect threads for
  // ever.
  static void set_abandoned_limit(int64_t limit);

 private:
  struct State;
  explicit Worker(std::shared_ptr<State> state) : state_(std::move(state)) {}
  static void loop(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace wf::bridge
