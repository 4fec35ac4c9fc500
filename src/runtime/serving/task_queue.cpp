#include "runtime/serving/task_queue.h"

#include <algorithm>

#include "runtime/serving/batch.h"

namespace wf {

void TaskQueue::add(const Task& task) {
  order_.emplace(place(*task), task);
  task->queued = true;
  if (task->has_deadline()) {
    deadlines_.emplace(task->deadline, task->number);
    with_deadline_.emplace(task->number, task);
  }
  if (task->together > 1) ++waiting_[task->key];
}

bool TaskQueue::remove(const Task& task) {
  if (!task->queued) return false;
  task->queued = false;
  deadlines_.erase({task->deadline, task->number});
  with_deadline_.erase(task->number);
  if (const auto count = waiting_.find(task->key); task->together > 1 && count != waiting_.end()) {
    if (--count->second == 0) waiting_.erase(count);
  }
  order_.erase(place(*task));
  return true;
}

std::vector<TaskQueue::Task> TaskQueue::take_all() {
  std::vector<Task> all;
  for (const auto& [unused, task] : order_) all.push_back(task);
  for (const Task& task : all) remove(task);
  return all;
}

std::vector<TaskQueue::Task> TaskQueue::take_expired(Clock::time_point now) {
  std::vector<Task> expired;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    expired.push_back(with_deadline_.at(deadlines_.begin()->second));
    remove(expired.back());
  }
  return expired;
}

std::optional<TaskQueue::Clock::time_point> TaskQueue::earliest_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

size_t TaskQueue::before(int priority) const {
  const auto end = order_.upper_bound({-int64_t{priority}, UINT64_MAX});
  return static_cast<size_t>(std::distance(order_.begin(), end));
}

TaskQueue::Next TaskQueue::take(Clock::time_point now, Clock::duration max_delay, bool hurry,
                                const std::set<const ModelState*>& busy, const Interface& interface) {
  Next next;
  for (const auto& [unused, task] : order_) {
    if (task->request.state && busy.contains(task->request.state.get())) continue;
    if (!hurry && !task->eager && task->together > 1 && max_delay > Clock::duration::zero() &&
        waiting_.at(task->key) < task->together) {
      // Time to run must be left: not beyond half of what the deadline allows.
      Clock::time_point until = task->submitted + max_delay;
      if (task->has_deadline())
        until = std::min(until, task->submitted + (task->deadline - task->submitted) / 2);
      if (now < until) {
        if (!next.again || until < *next.again) next.again = until;
        continue;
      }
    }
    next.tasks = take_with(Task(task), interface);
    break;
  }
  return next;
}

std::vector<TaskQueue::Task> TaskQueue::take_with(const Task& first, const Interface& interface) {
  std::vector<Task> tasks = {first};
  if (first->together > 1) {
    const size_t most =
        most_together(interface, first->request.inputs, std::min(first->together, waiting_.at(first->key)));
    for (auto at = order_.begin(); at != order_.end() && tasks.size() < most; ++at) {
      if (at->second != first && at->second->together > 1 && at->second->key == first->key)
        tasks.push_back(at->second);
    }
  }
  for (const Task& task : tasks) remove(task);
  return tasks;
}

}  // namespace wf
