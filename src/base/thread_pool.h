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
  void run(int64_t count, IndexedWork work);
  void serve(int worker);
  void take_indices(const IndexedWork& work, int64_t count, int worker);

  std::vector<std::thread> workers_;
  std::mutex caller_;               // held by the caller whose work the pool does
  std::atomic<uint32_t> round_{0};  // grows by one with every piece of work; workers sleep on it
  std::atomic<bool> stop_{false};
  const IndexedWork* work_ = nullptr;  // of this round, with count_
  int64_t count_ = 0;
  std::atomic<int64_t> next_{0};  // the next index nobody took
  std::atomic<int> running_{0};   // workers that have not finished this round
};

// Threads a process uses unless told otherwise: WINDFALL_THREADS, or the processors it may run on.
int default_thread_count();
// The pool that all predictions share, of default_thread_count() threads; started at first use.
ThreadPool& shared_thread_pool();

}  // namespace wf
