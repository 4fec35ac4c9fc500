#include "base/thread_pool.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#ifdef __linux__
#include <sched.h>
#endif

namespace wf {
namespace {

// How often a thread looks before it sleeps: some ten microseconds, the usual pause between two operations of
// one prediction. Longer would burn a core that somebody else may need.
constexpr int kSpins = 2000;

inline void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

int available_processors() {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  for (int worker = 1; worker < threads; ++worker) {
    workers_.emplace_back([this, worker] { serve(worker); });
  }
}

ThreadPool::~ThreadPool() {
  stop_ = true;
  round_.fetch_add(1);
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::take_indices(const IndexedWork& work, int64_t count, int worker) {
  for (int64_t i = next_.fetch_add(1); i < count; i = next_.fetch_add(1)) work(i, worker);
}

void ThreadPool::run(int64_t count, IndexedWork work) {
  std::unique_lock alone(caller_, std::defer_lock);
  if (count <= 1 || workers_.empty() || !alone.try_lock()) {
    for (int64_t i = 0; i < count; ++i) work(i, 0);
    return;
  }
  work_ = &work;
  count_ = count;
  next_ = 0;
  running_ = static_cast<int>(workers_.size());
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  take_indices(work, count, 0);
  for (int spin = 0; running_.load(std::memory_order_acquire) != 0; ++spin) {
    if (spin < kSpins) {
      pause_briefly();
    } else if (const int running = running_.load(std::memory_order_acquire); running != 0) {
      running_.wait(running, std::memory_order_acquire);
    }
  }
}

void ThreadPool::serve(int worker) {
  for (uint32_t seen = 0;;) {
    for (int spin = 0; spin < kSpins && round_.load(std::memory_order_acquire) == seen; ++spin)
      pause_briefly();
    round_.wait(seen, std::memory_order_acquire);
    seen = round_.load(std::memory_order_acquire);
    if (stop_) return;
    take_indices(*work_, count_, worker);
    if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_one();
  }
}

int default_thread_count() {
  if (const char* text = std::getenv("WINDFALL_THREADS")) {
    const std::string_view view(text);
    int threads = 0;
    const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), threads);
    if (error == std::errc() && end == view.data() + view.size() && threads > 0) {
      return std::min(threads, 1024);
    }
  }
  return available_processors();
}

ThreadPool& shared_thread_pool() {
  static ThreadPool pool(default_thread_count());
  return pool;
}

}  // namespace wf
