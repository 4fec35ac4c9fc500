#include "bridge/worker.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "support/support.h"

namespace wf::bridge {
namespace {

using Outcome = Worker::Outcome;

bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void until_someone_waits() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

class Workers : public testing::Test {
 protected:
  // Runs a job that waits at the gate and gives it up as soon as it does: no clock is asked.
  static Outcome give_up(Worker& worker, const std::shared_ptr<Gate>& gate, Worker::Job job) {
    std::atomic<bool> cancelled = false;
    std::thread canceller([&] {
      gate->until_someone_waits();
      cancelled = true;
    });
    const Outcome outcome = worker.run(std::move(job), std::nullopt, &cancelled);
    canceller.join();
    return outcome;
  }
  void TearDown() override {
    EXPECT_TRUE(eventually([] { return Worker::living() == 0 && Worker::abandoned() == 0; }));
    Worker::set_abandoned_limit(8);
  }
};

TEST_F(Workers, RunsJobsInOrderOnOneThread) {
  WF_ASSERT_OK_AND_ASSIGN(const std::shared_ptr<Worker> worker, Worker::start({}));
  std::vector<int> order;
  std::thread::id thread;
  for (int i = 0; i < 3; ++i) {
    worker->post([&order, i] { order.push_back(i); });
  }
  EXPECT_EQ(worker->run([&] { thread = std::this_thread::get_id(); }, std::nullopt), Outcome::kDone);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST_F(Workers, HooksStandAroundTheThread) {
  static std::atomic<int> begun, ended;
  begun = ended = 0;
  {
    WF_ASSERT_OK_AND_ASSIGN(const auto worker, Worker::start({[] { ++begun; }, [] { ++ended; }}));
    EXPECT_EQ(worker->run([] {}, std::nullopt), Outcome::kDone);
    EXPECT_EQ(begun, 1);
    EXPECT_EQ(ended, 0);
  }
  EXPECT_TRUE(eventually([] { return ended == 1; }));
}

TEST_F(Workers, JobThatDoesNotReturnIsAbandoned) {
  const auto gate = std::make_shared<Gate>();
  auto late = std::make_shared<int>(0);
  const std::weak_ptr<int> watch = late;
  {
    WF_ASSERT_OK_AND_ASSIGN(const auto worker, Worker::start({}));
    EXPECT_EQ(give_up(*worker, gate,
                      [gate, late] {
                        gate->wait();
                        ++*late;
                      }),
              Outcome::kAbandoned);
    EXPECT_EQ(Worker::abandoned(), 1);
    EXPECT_EQ(worker->run([] { ADD_FAILURE() << "an abandoned worker works"; }, std::nullopt),
              Outcome::kNotStarted);
  }
  late.reset();
  EXPECT_FALSE(watch.expired()) << "the thread still owns what its job needs";
  gate->open();
  EXPECT_TRUE(eventually([&] { return watch.expired() && Worker::living() == 0; }))
      << "and lets go of it afterwards";
  EXPECT_EQ(Worker::abandoned(), 0);
}

TEST_F(Workers, JobWhoseTurnDoesNotComeIsNotRun) {
  const auto gate = std::make_shared<Gate>();
  WF_ASSERT_OK_AND_ASSIGN(const auto worker, Worker::start({}));
  worker->post([gate] { gate->wait(); });
  gate->until_someone_waits();
  EXPECT_EQ(worker->run([] { ADD_FAILURE() << "its time was over"; },
                        Worker::Clock::now() + std::chrono::milliseconds(10)),
            Outcome::kNotStarted);
  const std::atomic<bool> cancelled = true;
  EXPECT_EQ(worker->run([] { ADD_FAILURE() << "it was cancelled"; }, std::nullopt, &cancelled),
            Outcome::kNotStarted);
  gate->open();
  EXPECT_EQ(worker->run([] {}, std::nullopt), Outcome::kDone) << "the worker goes on: nothing was abandoned";
}

// Whoever waits behind a job that hangs is told at once when that is given up.
TEST_F(Workers, AbandoningReleasesThoseWhoWait) {
  const auto gate = std::make_shared<Gate>();
  WF_ASSERT_OK_AND_ASSIGN(const auto worker, Worker::start({}));
  worker->post([gate] { gate->wait(); });
  gate->until_someone_waits();
  std::thread waiter([&] { EXPECT_EQ(worker->run([] {}, std::nullopt), Outcome::kNotStarted); });
  worker->abandon();
  waiter.join();
  gate->open();
}

TEST_F(Workers, AbandonedThreadsAreLimited) {
  const std::shared_ptr<Gate> gates[] = {std::make_shared<Gate>(), std::make_shared<Gate>()};
  Worker::set_abandoned_limit(2);
  for (const auto& gate : gates) {
    WF_ASSERT_OK_AND_ASSIGN(const auto worker, Worker::start({}));
    EXPECT_EQ(give_up(*worker, gate, [gate] { gate->wait(); }), Outcome::kAbandoned);
  }
  test::expect_error(Worker::start({}), "2 calls into Core ML were given up");
  for (const auto& gate : gates) gate->open();
  EXPECT_TRUE(eventually([] { return Worker::abandoned() == 0; }));
  EXPECT_TRUE(Worker::start({}).ok()) << "those that came back do not count";
}

}  // namespace
}  // namespace wf::bridge
