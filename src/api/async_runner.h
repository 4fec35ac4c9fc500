// Threads that predict while their callers go on.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"

namespace wf::api {

class AsyncJob {
 public:
  virtual ~AsyncJob() = default;
  virtual void run_in_thread() noexcept = 0;
  virtual void stop() noexcept = 0;  // from any thread: end soon
};

class AsyncRunner {
 public:
  static constexpr size_t kLongestQueue = 1024;

  // The one of this process. When the process ends, what runs is stopped and waited for.
  static AsyncRunner& shared();

  // kEnvironment if the queue is full, no thread can be made, or the process is ending.
  Status start(std::shared_ptr<AsyncJob> job);
  void end() noexcept;

 private:
  void serve() noexcept;

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::shared_ptr<AsyncJob>> queue_;
  std::vector<AsyncJob*> running_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool ending_ = false;
};

}  // namespace wf::api
