#include "api/async_runner.h"

#include <algorithm>
#include <system_error>

#include "base/thread_pool.h"

namespace wf::api {

AsyncRunner& AsyncRunner::shared() {
  static auto& runner = *new AsyncRunner;  // others may call while the process ends
  struct AtExit {
    ~AtExit() { runner.end(); }
  };
  static const AtExit at_exit;
  return runner;
}

Status AsyncRunner::start(std::shared_ptr<AsyncJob> job) {
  const std::lock_guard lock(mutex_);
  if (ending_) return Error(ErrorCode::kEnvironment, "the process is ending");
  if (queue_.size() >= kLongestQueue) {
    return Error(ErrorCode::kEnvironment, "1024 predictions are waiting for a thread already", {},
                 "wait for some of them");
  }
  const auto most = static_cast<size_t>(default_thread_count());
  if (queue_.size() >= idle_ && threads_.size() < most) {
    threads_.reserve(most);
    running_.reserve(most);
    try {
      threads_.emplace_back([this] { serve(); });
    } catch (const std::system_error& error) {
      if (threads_.empty())
        return Error(ErrorCode::kEnvironment, std::string("no thread can be made: ") + error.what());
    }
  }
  queue_.push_back(std::move(job));
  work_.notify_one();
  return {};
}

void AsyncRunner::serve() noexcept {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    work_.wait(lock, [&] { return ending_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    std::shared_ptr<AsyncJob> job = std::move(queue_.front());
    queue_.pop_front();
    if (ending_) job->stop();
    running_.push_back(job.get());  // room was reserved
    lock.unlock();
    job->run_in_thread();
    AsyncJob* const done = job.get();
    lock.lock();
    running_.erase(std::ranges::find(running_, done));
    lock.unlock();
    job.reset();  // a caller's release function may run
    lock.lock();
  }
}

void AsyncRunner::end() noexcept {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (AsyncJob* job : running_) job->stop();
    threads.swap(threads_);
  }
  work_.notify_all();
  for (std::thread& thread : threads) {
    if (thread.get_id() == std::this_thread::get_id()) {
      thread.detach();  // exit() was called from a callback
    } else {
      thread.join();
    }
  }
}

}  // namespace wf::api
