// The thread pool: every index once, from several callers at once, also when tasks are tiny.
#include "base/thread_pool.h"

#include <numeric>
#include <thread>

#include "support/support.h"

namespace wf::test {
namespace {

TEST(ThreadPool, EveryIndexOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (const int64_t count : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> done(static_cast<size_t>(count));
      pool.for_each(count, [&](int64_t i, int worker) {
        EXPECT_GE(worker, 0);
        EXPECT_LT(worker, threads);
        ++done[static_cast<size_t>(i)];
      });
      for (const auto& times : done) EXPECT_EQ(times, 1);
    }
  }
}

TEST(ThreadPool, ManyTinyPiecesOfWork) {
  ThreadPool pool(4);
  int64_t total = 0;
  for (int round = 0; round < 20000; ++round) {
    std::atomic<int64_t> sum = 0;
    pool.for_each(5, [&](int64_t i, int) { sum += i; });
    total += sum;
  }
  EXPECT_EQ(total, 20000 * 10);
}

TEST(ThreadPool, SleepsBetweenAndWakes) {
  ThreadPool pool(3);
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> count = 0;
    pool.for_each(50, [&](int64_t, int) { ++count; });
    EXPECT_EQ(count, 50);
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}

// A second caller computes alone; two threads never have the same worker number in one piece of work.
TEST(ThreadPool, SeveralCallers) {
  ThreadPool pool(2);
  std::vector<std::thread> callers;
  std::atomic<int64_t> total = 0;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        std::vector<std::atomic<int>> busy(2);
        pool.for_each(16, [&](int64_t i, int worker) {
          EXPECT_EQ(busy[static_cast<size_t>(worker)]++, 0);
          total += i;
          --busy[static_cast<size_t>(worker)];
        });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(total, 4 * 500 * 120);
}

// Work inside work: the inner one is done by whoever asks.
TEST(ThreadPool, Nested) {
  ThreadPool pool(3);
  std::atomic<int> count = 0;
  pool.for_each(6, [&](int64_t, int) { pool.for_each(5, [&](int64_t, int) { ++count; }); });
  EXPECT_EQ(count, 30);
}

}  // namespace
}  // namespace wf::test
