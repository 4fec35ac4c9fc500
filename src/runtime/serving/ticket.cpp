#include "runtime/serving/ticket.h"

#include "runtime/serving/task.h"

namespace wf {

bool Ticket::done() const { return task_->is_answered(); }

bool Ticket::wait_for(std::chrono::milliseconds time) const {
  std::unique_lock lock(task_->mutex);
  return task_->changed.wait_for(lock, time, [&] { return task_->answered; });
}

Result<Features> Ticket::wait() const {
  std::unique_lock lock(task_->mutex);
  task_->changed.wait(lock, [&] { return task_->answered; });
  if (!task_->answer_) return Error(ErrorCode::kInvalidArgument, "the answer went to the task's callback");
  return *task_->answer_;
}

void Ticket::cancel() const {
  if (task_->cancelled.exchange(true)) return;
  if (const auto canceller = task_->canceller.lock()) canceller->cancel(task_);
}

}  // namespace wf
