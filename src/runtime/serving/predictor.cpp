#include "runtime/serving/predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <thread>

#include "runtime/platform.h"
#include "runtime/serving/run_tasks.h"
#include "runtime/serving/task_queue.h"

namespace wf {
namespace {

using Clock = PredictorOptions::Clock;
using Task = std::shared_ptr<PredictionTask>;

double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

Error shut_down() {
  return {ErrorCode::kDeadlineExceeded, "cancelled: the predictor was shut down before it came to this"};
}

}  // namespace

struct Predictor::Core final : TaskCanceller, std::enable_shared_from_this<Core> {
  Core(Model model, PredictorOptions given)
      : options(std::move(given)),
        runner(std::move(model), static_cast<size_t>(options.instances), options.telemetry) {}

  Clock::time_point now() const { return options.now ? options.now() : Clock::now(); }
  // Until `condition` is told of, or the predictor's clock says `until`.
  void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& condition,
            std::optional<Clock::time_point> until) const {
    if (!until)
      condition.wait(lock);
    else if (options.now)
      condition.wait_for(lock, std::chrono::milliseconds(1));
    else
      condition.wait_until(lock, *until);
  }

  Error refuse(QueueRefusal refusal, std::string message, std::string hint) const {
    if (options.telemetry) options.telemetry->record_queue_refusal(refusal, runner.model().path());
    return {ErrorCode::kEnvironment, std::move(message), {}, std::move(hint)};
  }
  void tell_queued(int64_t change) const {
    if (options.telemetry) options.telemetry->record_queued(change);
  }
  void tell_running(int64_t change) const {
    if (options.telemetry) options.telemetry->record_running(change);
  }

  // With the lock held.
  Status check_memory(const PredictionRequest& request);
  Status check_load(const PredictionTask& task) const;
  Status make_room(std::unique_lock<std::mutex>& lock, const PredictionTask& task);

  Task make_task(PredictionRequest request, Done done, bool eager);
  Status enqueue(std::unique_lock<std::mutex>& lock, const Task& task);
  void give_back(const std::vector<Task>& tasks);
  void serve();
  void watch();
  void cancel(const Task& task) override;

  const PredictorOptions options;
  TaskRunner runner;

  mutable std::mutex mutex;
  std::condition_variable work;   // for instances: tasks, or the end
  std::condition_variable room;   // for submitters: the queue is shorter
  std::condition_variable times;  // for the watch: deadlines, or the end
  std::condition_variable idle;   // for who drains: a run has ended
  TaskQueue queue;
  std::vector<Task> running;
  std::set<const ModelState*> busy_states;
  bool closed = false, ending = false;
  uint64_t submitted = 0;
  std::optional<double> recent_ms;
  int64_t recent_bytes = 0;
  std::optional<Clock::time_point> memory_looked_at;
  int64_t memory_seen = 0;

  std::mutex threads_mutex;  // held while threads are joined
  std::vector<std::thread> threads;

  // The core whose thread this is.
  static const Core*& of_this_thread() {
    thread_local const Core* core = nullptr;
    return core;
  }
};

Status Predictor::Core::check_memory(const PredictionRequest& request) {
  if (!options.memory_limit) return {};
  const Clock::time_point when = now();
  if (!memory_looked_at || when - *memory_looked_at >= options.memory_interval) {
    memory_seen = options.memory ? options.memory() : process_memory().resident_bytes;
    memory_looked_at = when;
  }
  const int64_t one = std::max(recent_bytes, bytes_of(request.inputs));
  const int64_t expected = one * static_cast<int64_t>(queue.size() + 1);
  if (memory_seen + expected <= *options.memory_limit) return {};
  return refuse(
      QueueRefusal::kMemory,
      fmt::format("the process holds {} bytes, the tasks that wait and this one are expected to need "
                  "{} more, and the limit is {}",
                  memory_seen, expected, *options.memory_limit),
      "try again later, or raise the limit");
}

Status Predictor::Core::check_load(const PredictionTask& task) const {
  if (!options.shed_load || !task.has_deadline() || !recent_ms) return {};
  const size_t before = queue.before(task.request.priority);
  const double wait_ms = static_cast<double>(before) * *recent_ms / options.instances;
  const double left_ms = milliseconds(task.deadline - now());
  if (wait_ms <= left_ms) return {};
  return refuse(
      QueueRefusal::kLoadShed,
      fmt::format("overloaded: {} tasks are before it, at {:.3g} ms each on {} instances that is {:.3g} "
                  "ms, and its deadline is in {:.3g} ms",
                  before, *recent_ms, options.instances, wait_ms, left_ms),
      "try again later, or allow more time");
}

Status Predictor::Core::make_room(std::unique_lock<std::mutex>& lock, const PredictionTask& task) {
  const Clock::time_point patience = task.request.wait_for_room >= task.deadline - task.submitted
                                         ? task.deadline
                                         : task.submitted + task.request.wait_for_room;
  while (!closed && queue.size() >= options.queue_capacity) {
    const Clock::time_point when = now();
    if (when >= task.deadline) {
      if (options.telemetry) options.telemetry->record_queue_expired();
      return Error(ErrorCode::kDeadlineExceeded, "the time was over before there was room in the queue");
    }
    if (when >= patience) {
      return refuse(QueueRefusal::kQueueFull, fmt::format("the queue is full: {} tasks wait", queue.size()),
                    "try again later, or wait for room");
    }
    wait(lock, room, patience == Clock::time_point::max() ? std::nullopt : std::optional(patience));
  }
  if (closed) return refuse(QueueRefusal::kShuttingDown, "the predictor is shutting down", "");
  return {};
}

Status Predictor::Core::enqueue(std::unique_lock<std::mutex>& lock, const Task& task) {
  WF_CHECK(make_room(lock, *task));
  if (auto error = reason_to_stop(*task, now())) return *std::move(error);
  WF_CHECK(check_memory(task->request));
  WF_CHECK(check_load(*task));
  task->number = ++submitted;
  queue.add(task);
  tell_queued(1);
  if (options.max_batch > 1)
    work.notify_all();
  else
    work.notify_one();
  if (task->has_deadline() && queue.earliest_deadline() == task->deadline) times.notify_one();
  return {};
}

// To the queue, for any instance: they turned out to be no batch.
void Predictor::Core::give_back(const std::vector<Task>& tasks) {
  std::vector<Task> too_late;
  {
    const std::lock_guard lock(mutex);
    tell_running(-static_cast<int64_t>(tasks.size()));
    for (const Task& task : tasks) {
      std::erase(running, task);
      task->joined = nullptr;
      task->together = 1;
      if (task->is_answered()) continue;  // cancelled meanwhile
      if (ending) {
        too_late.push_back(task);
        continue;
      }
      queue.add(task);
      tell_queued(1);
    }
    work.notify_all();
    times.notify_all();
    idle.notify_all();
  }
  for (const Task& task : too_late) task->answer(shut_down());
}

void Predictor::Core::serve() {
  of_this_thread() = this;
  std::unique_lock lock(mutex);
  while (!ending) {
    TaskQueue::Next next =
        queue.take(now(), options.max_delay, closed, busy_states, runner.model().interface());
    if (next.tasks.empty()) {
      wait(lock, work, next.again);
      continue;
    }
    std::vector<Task> tasks = std::move(next.tasks);
    auto count = static_cast<int64_t>(tasks.size());
    const auto joined = std::make_shared<JoinedRun>();
    joined->wanted = tasks.size();
    for (const Task& task : tasks) {
      if (tasks.size() > 1) task->joined = joined;
      if (task->request.state) busy_states.insert(task->request.state.get());
      running.push_back(task);
    }
    tell_queued(-count);
    tell_running(count);
    room.notify_all();
    lock.unlock();

    std::optional<bool> fits;
    if (tasks.size() > 1 && (fits = runner.fits_together(tasks)) == false) {
      const std::vector<Task> rest(tasks.begin() + 1, tasks.end());
      tasks.resize(1);
      count = 1;
      give_back(rest);
    }
    const Clock::time_point begin = now();
    TaskRunner::Ran ran{.telling = false};
    try {
      ran = runner.run(tasks, fits, *joined, [this] { return now(); });
    } catch (const std::bad_alloc&) {
      for (const Task& task : tasks) task->answer(Error(ErrorCode::kEnvironment, "no memory"));
    }
    const double each_ms = milliseconds(now() - begin) / static_cast<double>(count);

    lock.lock();
    // Weighs the last dozen or so.
    if (ran.telling) {
      recent_ms = recent_ms ? *recent_ms + (each_ms - *recent_ms) / 8 : each_ms;
      recent_bytes = ran.bytes;
    }
    for (const Task& task : tasks) {
      if (task->request.state) busy_states.erase(task->request.state.get());
      task->joined = nullptr;
      std::erase(running, task);
    }
    tell_running(-count);
    idle.notify_all();
    if (!busy_states.empty() || tasks[0]->request.state) work.notify_all();
    lock.unlock();
    for (const Task& task : tasks) task->request.inputs.clear();  // tickets may stay for long
    lock.lock();
  }
}

// Answers tasks whose time runs out while they wait.
void Predictor::Core::watch() {
  of_this_thread() = this;
  std::unique_lock lock(mutex);
  while (!ending) {
    const std::vector<Task> expired = queue.take_expired(now());
    if (expired.empty()) {
      wait(lock, times, queue.earliest_deadline());
      continue;
    }
    tell_queued(-static_cast<int64_t>(expired.size()));
    room.notify_all();
    idle.notify_all();
    lock.unlock();
    for (const Task& task : expired) {
      if (options.telemetry) options.telemetry->record_queue_expired();
      auto error = reason_to_stop(*task, task->deadline);
      task->request.inputs.clear();
      task->answer(*std::move(error));
    }
    lock.lock();
  }
}

void Predictor::Core::cancel(const Task& task) {
  const Error error(ErrorCode::kDeadlineExceeded, "cancelled by the caller");
  {
    const std::lock_guard lock(mutex);
    if (queue.remove(task)) {
      tell_queued(-1);
      room.notify_all();
      idle.notify_all();
    } else if (task->joined && !task->is_answered()) {
      if (--task->joined->wanted == 0) task->joined->stop = true;
    } else {
      return;  // runs alone: the engine sees it. Or is answered
    }
  }
  task->answer(error);
}

Result<std::unique_ptr<Predictor>> Predictor::create(Model model, PredictorOptions options) {
  WF_REQUIRE(options.instances >= 1 && options.instances <= 1024, kInvalidArgument,
             fmt::format("{} instances, expected 1 to 1024", options.instances));
  WF_REQUIRE(options.queue_capacity >= 1, kInvalidArgument, "a queue of no tasks takes none");
  WF_REQUIRE(options.max_batch >= 1, kInvalidArgument, "a batch of none, expected at least 1");
  WF_REQUIRE(options.max_delay.count() >= 0, kInvalidArgument, "a delay below 0");
  auto core = std::make_shared<Core>(std::move(model), std::move(options));
  std::unique_ptr<Predictor> predictor(new Predictor(core));
  const std::lock_guard lock(core->threads_mutex);
  core->threads.reserve(static_cast<size_t>(core->options.instances) + 1);
  try {
    core->threads.emplace_back([core] { core->watch(); });
    for (int i = 0; i < core->options.instances; ++i) core->threads.emplace_back([core] { core->serve(); });
  } catch (const std::system_error& error) {
    // Fewer instances serve as well, more slowly; the watch alone serves nobody.
    if (core->threads.size() < 2) {
      core->closed = true;
      return Error(ErrorCode::kEnvironment, std::string("no thread can be made: ") + error.what());
    }
  }
  return predictor;
}

Predictor::~Predictor() {
  if (!core_) return;
  shutdown(std::chrono::milliseconds(0));
  if (Core::of_this_thread() != core_.get()) return;
  // Freed by a callback. The threads see the end on their own; the core is theirs, too.
  const std::lock_guard lock(core_->threads_mutex);
  for (std::thread& thread : core_->threads) thread.detach();
  core_->threads.clear();
}

const Model& Predictor::model() const { return core_->runner.model(); }

std::shared_ptr<PredictionTask> Predictor::Core::make_task(PredictionRequest request, Done done, bool eager) {
  // What clocks can add up.
  constexpr auto kLongest = std::chrono::milliseconds(std::chrono::hours(24 * 365 * 50));
  auto task = std::make_shared<PredictionTask>();
  task->request = std::move(request);
  task->request.wait_for_room =
      std::clamp(task->request.wait_for_room, std::chrono::milliseconds(0), kLongest);
  task->submitted = now();
  const auto time = task->request.deadline ? task->request.deadline : options.deadline;
  if (time && *time < kLongest) task->deadline = task->submitted + *time;
  task->eager = eager;
  task->done = std::move(done);
  task->canceller = weak_from_this();
  if (options.max_batch > 1 && !task->request.state) {
    task->key = batch_key(runner.model().interface(), task->request.inputs, task->request.seed);
    if (!task->key.empty() && !runner.never_joined(task->key))
      task->together = most_together(runner.model().interface(), task->request.inputs, options.max_batch);
  }
  return task;
}

Result<Ticket> Predictor::submit(PredictionRequest request, Done done) {
  const std::shared_ptr<Core> core = core_;  // it may be the last who needs it
  const Task task = core->make_task(std::move(request), std::move(done), false);
  std::unique_lock lock(core->mutex);
  WF_CHECK(core->enqueue(lock, task));
  return Ticket(task);
}

Result<Features> Predictor::predict(PredictionRequest request) {
  WF_TRY(const Ticket ticket, submit(std::move(request)));
  return ticket.wait();
}

std::vector<Result<Features>> Predictor::predict_batch(std::vector<PredictionRequest> requests) {
  std::vector<Task> tasks;
  for (PredictionRequest& request : requests) {
    request.wait_for_room = std::chrono::milliseconds::max();
    tasks.push_back(core_->make_task(std::move(request), nullptr, true));
  }
  std::vector<std::optional<Error>> refusals;
  {
    // Under one lock, so that instances find all that there is room for.
    std::unique_lock lock(core_->mutex);
    for (const Task& task : tasks) {
      auto status = core_->enqueue(lock, task);
      refusals.push_back(status ? std::nullopt : std::optional(std::move(status).error()));
    }
  }
  std::vector<Result<Features>> answers;
  for (size_t i = 0; i < tasks.size(); ++i) {
    if (refusals[i])
      answers.emplace_back(*std::move(refusals[i]));
    else
      answers.push_back(Ticket(tasks[i]).wait());
  }
  return answers;
}

void Predictor::shutdown(std::chrono::milliseconds drain) {
  const bool from_callback = Core::of_this_thread() == core_.get();
  std::vector<Task> left;
  {
    std::unique_lock lock(core_->mutex);
    core_->closed = true;
    core_->room.notify_all();
    core_->work.notify_all();  // what waits for others need not any more
    const Clock::time_point until =
        core_->now() + std::min(drain, std::chrono::milliseconds(std::chrono::hours(24 * 365)));
    while (!from_callback && !core_->ending && core_->now() < until &&
           !(core_->queue.empty() && core_->running.empty()))
      core_->wait(lock, core_->idle, until);
    left = core_->queue.take_all();
    core_->tell_queued(-static_cast<int64_t>(left.size()));
    for (const Task& task : core_->running) {
      task->cancelled = true;
      if (task->joined) task->joined->stop = true;
    }
    core_->ending = true;
    core_->work.notify_all();
    core_->times.notify_all();
    core_->idle.notify_all();
  }
  for (const Task& task : left) task->answer(shut_down());
  if (from_callback) return;
  const std::lock_guard lock(core_->threads_mutex);
  for (std::thread& thread : core_->threads) thread.join();
  core_->threads.clear();
}

Predictor::Load Predictor::load() const {
  const std::lock_guard lock(core_->mutex);
  return {core_->queue.size(), core_->running.size(), core_->recent_ms, core_->runner.buffers_allocated()};
}

}  // namespace wf
