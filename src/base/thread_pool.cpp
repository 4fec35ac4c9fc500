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

void ThreadPool::take_indices(int worker) {
  const int64_t count = count_;
  for (int64_t i = next_.fetch_add(1); i < count; i = next_.fetch_add(1)) (*work_)(i, worker);
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
  const uint32_t round = round_.load(std::memory_order_relaxed) + 1;
  state_.store(uint64_t{round} << kRoundShift | kOpen);
  round_.store(round);
  if (asleep_.load() > 0) round_.notify_all();
  take_indices(0);
  // Nobody may join any more; those who have are waited for.
  uint64_t state = state_.fetch_and(~kOpen) & ~kOpen;
  for (int spin = 0; (state & kJoined) != 0; ++spin) {
    if (spin < kSpins) {
      pause_briefly();
    } else {
      state_.wait(state);
    }
    state = state_.load();
  }
}

bool ThreadPool::join(uint32_t round) {
  uint64_t state = state_.load();
  while (state >> kRoundShift == round && (state & kOpen) != 0) {
    if (state_.compare_exchange_weak(state, state + 1)) return true;
  }
  return false;
}

void ThreadPool::serve(int worker) {
  for (uint32_t seen = 0;;) {
    for (int spin = 0; spin < kSpins && round_.load() == seen; ++spin) pause_briefly();
    if (round_.load() == seen) {
      asleep_.fetch_add(1);
      round_.wait(seen);
      asleep_.fetch_sub(1);
    }
    seen = round_.load();
    if (stop_) return;
    if (!join(seen)) continue;
    take_indices(worker);
    // The last one wakes a caller who went to sleep.
    if (((state_.fetch_sub(1) - 1) & (kJoined | kOpen)) == 0) state_.notify_one();
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
