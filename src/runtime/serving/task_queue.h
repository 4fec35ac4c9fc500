// The tasks that wait, in the order they are to be run. Not locked: its owner does that.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "runtime/serving/task.h"

namespace wf {

class TaskQueue {
 public:
  using Task = std::shared_ptr<PredictionTask>;
  using Clock = PredictionTask::Clock;

  size_t size() const { return order_.size(); }
  bool empty() const { return order_.empty(); }

  void add(const Task& task);
  bool remove(const Task& task);  // false if it is not there
  std::vector<Task> take_all();
  std::vector<Task> take_expired(Clock::time_point now);
  std::optional<Clock::time_point> earliest_deadline() const;
  // Tasks that would be run before a new one of this priority.
  size_t before(int priority) const;

  struct Next {
    std::vector<Task> tasks;                 // to be run as one; empty: none may be run yet
    std::optional<Clock::time_point> again;  // when one that waits for others need not wait any more
  };
  // Takes the first task that may be run, and those that go with it. A task waits for more of its key until
  // `max_delay` after its submission, unless `hurry`; and while `busy` holds its state.
  Next take(Clock::time_point now, Clock::duration max_delay, bool hurry,
            const std::set<const ModelState*>& busy, const Interface& interface);

 private:
  using Order = std::map<std::pair<int64_t, uint64_t>, Task>;  // by priority (negated), then age
  static Order::key_type place(const PredictionTask& task) {
    return {-int64_t{task.request.priority}, task.number};
  }
  std::vector<Task> take_with(const Task& first, const Interface& interface);

  Order order_;
  std::set<std::pair<Clock::time_point, uint64_t>> deadlines_;
  std::map<uint64_t, Task> with_deadline_;
  std::map<std::string, size_t, std::less<>> waiting_;  // by key
};

}  // namespace wf
