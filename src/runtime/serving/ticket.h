// A submitted prediction, as its submitter sees it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "runtime/model.h"

namespace wf {

struct PredictionTask;

// Copies are of the same task. May outlive the predictor. Any thread.
class Ticket {
 public:
  bool done() const;
  // True as soon as there is an answer, false if there is none after `time`.
  bool wait_for(std::chrono::milliseconds time) const;
  // Waits for the answer, as often as asked. kInvalidArgument where a callback has taken it.
  Result<Features> wait() const;
  // Ends the task with kDeadlineExceeded: at once while it waits, or runs together with others; soon while it
  // runs. No effect once it is answered.
  void cancel() const;

 private:
  friend class Predictor;
  explicit Ticket(std::shared_ptr<PredictionTask> task) : task_(std::move(task)) {}
  std::shared_ptr<PredictionTask> task_;
};

}  // namespace wf
