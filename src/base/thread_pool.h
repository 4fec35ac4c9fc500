// The one pool of threads that a prediction computes with.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace wf {

// A callable borrowed for the time of a call: no allocation.
class IndexedWork {
 public:
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, IndexedWork>)
  IndexedWork(F& f)  // NOLINT(google-explicit-constructor)
      : object_(const_cast<void*>(static_cast<const void*>(&f))),
        call_([](void* object, int64_t index, int worker) { (*static_cast<F*>(object))(index, worker); }) {}
  void operator()(int64_t index, int worker) const { call_(object_, index, worker); }

 private:
  void* object_;
  void (*call_)(void*, int64_t, int);
};

class ThreadPool {
 public:
  // `threads` in all, the caller among them; at least 1.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls work(index, worker) once for each index below `count`, in any order, on up to threads() threads,
  // and returns when all are done. worker < threads() tells which thread's scratch memory to use. A caller
  // that finds the pool at another caller's work computes alone: the number of running threads stays bounded
  // by callers plus threads, and nothing waits for a lock.
  template <class F>
  void for_each(int64_t count, F&& work) {
    run(count, IndexedWork(work));
  }

 private:
  // The state of the current piece of work, in one word: its number, whether workers may still join it, and
  // how many have joined and not finished.
  static constexpr uint64_t kJoined = (uint64_t{1} << 31) - 1;
  static constexpr uint64_t kOpen = uint64_t{1} << 31;
  static constexpr int kRoundShift = 32;

  void run(int64_t count, IndexedWork work);
  void serve(int worker);
  bool join(uint32_t round);
  void take_indices(int worker);

  std::vector<std::thread> workers_;
  std::mutex caller_;               // held by the caller whose work the pool does
  std::atomic<uint32_t> round_{0};  // the number of the last piece of work; workers sleep on it
  std::atomic<uint64_t> state_{0};
  std::atomic<int> asleep_{0};
  std::atomic<bool> stop_{false};
  const IndexedWork* work_ = nullptr;  // changed only while nobody has joined and nobody may
  int64_t count_ = 0;
  std::atomic<int64_t> next_{0};  // the next index nobody took
};

// Threads a process uses unless told otherwise: WINDFALL_THREADS, or the processors it may run on.
int default_thread_count();
// The pool that all predictions share, of default_thread_count() threads; started at first use.
ThreadPool& shared_thread_pool();

}  // namespace wf
