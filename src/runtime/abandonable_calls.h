// Calls that cannot be stopped, made on worker threads so that the caller can leave them behind.
//
// A caller waits for its call until the deadline passes or it cancels; then the call is abandoned: the worker
// goes on alone, what it returns is dropped, and once it is back the worker serves others. What the call
// needs must therefore belong to the call: it may run long after the caller has gone.
//
// (A thread that belongs to one model of Core ML's, and goes with it: bridge/worker.h.)
//
// Only so many calls may be abandoned at a time; beyond that new ones are refused at once, so that an engine
// that hangs for good costs a bounded number of threads. Nothing here waits for a worker, not even the
// process at its exit: the system takes what hangs then.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "program/datum.h"

namespace wf {

class Telemetry;

class AbandonableCalls {
 public:
  using Clock = std::chrono::steady_clock;
  using Outputs = Result<std::vector<Datum>>;

  struct Options {
    int max_abandoned = 4;           // calls that nobody waits for, and work in the background
    Telemetry* telemetry = nullptr;  // where abandoned calls are counted, if anywhere
  };
  explicit AbandonableCalls(Options options);
  // Idle workers go; those at work finish on their own, and go then.
  ~AbandonableCalls();
  AbandonableCalls(const AbandonableCalls&) = delete;
  AbandonableCalls& operator=(const AbandonableCalls&) = delete;

  // The process's own, with default options and telemetry; never destroyed.
  static AbandonableCalls& process();

  enum class Ending : uint8_t {
    kReturned,   // the work came back in time: the result is its own (an exception is kInternal)
    kAbandoned,  // kDeadlineExceeded: it is still running
    kRefused,    // it was never begun: the deadline had passed before (kDeadlineExceeded), there are too many
                 // abandoned calls (kRuntime), or the system gives no thread (kEnvironment)
  };
  struct Outcome {
    Ending ending;
    Outputs result;
  };
  // `who` names the engine in errors. Waits until the deadline at most; sees a cancel within milliseconds.
  Outcome call(std::function<Outputs()> work, Clock::time_point deadline, const std::atomic<bool>* cancelled,
               std::string_view who);

  // Runs `work`, which must not throw, in the background. False if it is refused, as a call would be.
  bool post(std::function<void()> work);

  int abandoned() const;   // calls now out that nobody waits for
  int background() const;  // work that was posted and has not finished
  int threads() const;     // idle or at work

 private:
  struct Core;  // shared with the workers, which may outlive this
  static void serve(std::shared_ptr<Core> core);
  static bool enqueue(const std::shared_ptr<Core>& core, std::function<void()> task);

  std::shared_ptr<Core> core_;
};

// Runs `work`; what it throws becomes an error: kEnvironment for lack of memory, kInternal for the rest.
template <class T>
Result<T> without_exceptions(std::string_view who, const std::function<Result<T>()>& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kEnvironment, std::string(who) + ": no memory");
  } catch (const std::exception& thrown) {
    return Error(ErrorCode::kInternal, std::string(who) + " threw: " + thrown.what());
  } catch (...) {
    return Error(ErrorCode::kInternal, std::string(who) + " threw something that is no std::exception");
  }
}

}  // namespace wf
