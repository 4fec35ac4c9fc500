// A task on its way through a predictor.
#pragma once

#include <atomic>
#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "runtime/serving/predictor.h"

namespace wf {

// Tasks that are run as one: stopped when nobody wants any of them.
struct JoinedRun {
  std::atomic<bool> stop{false};
  size_t wanted = 0;  // guarded by the queue's lock
};

// Who can take a task back: the queue it is in.
class TaskCanceller {
 public:
  virtual ~TaskCanceller() = default;
  virtual void cancel(const std::shared_ptr<PredictionTask>& task) = 0;
};

struct PredictionTask {
  using Clock = PredictorOptions::Clock;

  PredictionRequest request;
  Clock::time_point submitted;
  Clock::time_point deadline = Clock::time_point::max();
  uint64_t number = 0;  // in the order of submission
  std::string key;      // batch_key()
  size_t together = 1;  // the most it may be run with
  bool eager = false;   // does not wait for others
  std::weak_ptr<TaskCanceller> canceller;
  std::atomic<bool> cancelled{false};
  // Guarded by the queue's lock.
  bool queued = false;
  std::shared_ptr<JoinedRun> joined;

  bool has_deadline() const { return deadline != Clock::time_point::max(); }

  // The first answer counts; the others are dropped.
  void answer(Result<Features> result) noexcept {
    Predictor::Done callback;
    {
      const std::lock_guard lock(mutex);
      if (answered) return;
      answered = true;
      callback = std::move(done);
      if (!callback) answer_.emplace(std::move(result));
      changed.notify_all();
    }
    if (!callback) return;
    try {
      callback(std::move(result));
    } catch (...) {  // there is nobody to tell
    }
  }
  bool is_answered() {
    const std::lock_guard lock(mutex);
    return answered;
  }

  std::mutex mutex;
  std::condition_variable changed;
  bool answered = false;
  Predictor::Done done;
  std::optional<Result<Features>> answer_;
};

}  // namespace wf
