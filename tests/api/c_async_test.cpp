// Version 2 of the C interface: predictions in other threads, deadlines, exceptions.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "api/async_runner.h"
#include "api/stage.h"
#include "c_calls.h"

namespace wf::test {
namespace {

// Holds a prediction until the test lets go; nothing here waits for time to pass.
class Gate {
 public:
  void enter() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void wait_for_visitor() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ > 0; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
};

#ifdef WINDFALL_STAGE_HOOK
Gate* gate = nullptr;
std::atomic<int> done_calls{0};
std::atomic<int32_t> done_code{-1};

struct AsyncTest : testing::Test {
  void SetUp() override {
    gate = &own_gate;
    done_calls = 0;
    done_code = -1;
    api::stage_hook = [](const char* stage) {
      if (std::string_view(stage) == "marshal_in") gate->enter();
    };
    model = load(
        doubling(std::string("c_async_") + testing::UnitTest::GetInstance()->current_test_info()->name()));
    request = request_of(model);
    x = wrap(WINDFALL_FP32, {2}, in);
    y = wrap(WINDFALL_FP32, {2}, out);
    ok(windfall_request_set_input(request, "x", x));
    ok(windfall_request_set_output(request, "y", y));
  }
  void TearDown() override {
    windfall_tensor_free(x);
    windfall_tensor_free(y);
    windfall_request_free(request);
    windfall_model_free(model);
    api::stage_hook = nullptr;
  }
  static void note(void*, windfall_error_t* error) {
    done_code = windfall_error_code(error);
    windfall_error_free(error);
    ++done_calls;
    done_calls.notify_all();
  }
  Gate own_gate;
  std::vector<float> in = {1, 2}, out = {0, 0};
  windfall_model_t* model = nullptr;
  windfall_request_t* request = nullptr;
  windfall_tensor_t *x = nullptr, *y = nullptr;
};

TEST_F(AsyncTest, RunsWhileTheCallerGoesOn) {
  ok(windfall_request_start(request, nullptr, nullptr));
  own_gate.wait_for_visitor();
  int32_t done = 1;
  ok(windfall_request_wait(request, 0, &done));
  EXPECT_EQ(done, 0);
  windfall_tensor_t* none = nullptr;
  refused(windfall_request_run(request), 1, "is running");
  refused(windfall_request_start(request, nullptr, nullptr), 1, "is running");
  refused(windfall_request_set_input(request, "x", x), 1, "is running");
  refused(windfall_request_output(request, "y", &none), 1, "is running");
  own_gate.open();
  ok(windfall_request_wait(request, -1, &done));
  EXPECT_EQ(done, 1);
  EXPECT_EQ(out, (std::vector<float>{2, 4}));
}

TEST_F(AsyncTest, CallsBackOnce) {
  own_gate.open();
  ok(windfall_request_start(request, note, nullptr));
  done_calls.wait(0);
  EXPECT_EQ(done_code, 0);
  ok(windfall_request_wait(request, -1, nullptr));
  ok(windfall_request_set_input(request, "x", nullptr));
  ok(windfall_request_start(request, note, nullptr));
  done_calls.wait(1);
  EXPECT_EQ(done_code, WINDFALL_INVALID_ARGUMENT);
  EXPECT_EQ(done_calls, 2);
  ok(windfall_request_wait(request, -1, nullptr));  // the callback had the error
  ok(windfall_request_start(request, nullptr, nullptr));
  refused(windfall_request_wait(request, -1, nullptr), 1, "missing");
  ok(windfall_request_wait(request, -1, nullptr));  // told once
}

TEST_F(AsyncTest, IsCancelled) {
  ok(windfall_request_start(request, nullptr, nullptr));
  own_gate.wait_for_visitor();
  windfall_request_cancel(request);
  own_gate.open();
  refused(windfall_request_wait(request, -1, nullptr), WINDFALL_DEADLINE_EXCEEDED, "cancelled");
  EXPECT_EQ(out, (std::vector<float>{0, 0}));
  ok(windfall_request_run(request));  // as good as before
  EXPECT_EQ(out, (std::vector<float>{2, 4}));
}

TEST_F(AsyncTest, MayBeFreedWhileItRuns) {
  ok(windfall_request_start(request, note, nullptr));
  own_gate.wait_for_visitor();
  windfall_request_free(request);
  windfall_model_free(model);
  own_gate.open();
  done_calls.wait(0);
  EXPECT_EQ(done_code, 0);
  EXPECT_EQ(out, (std::vector<float>{2, 4}));
}

TEST_F(AsyncTest, AFullQueueIsAnError) {
  std::vector<windfall_request_t*> requests;
  windfall_error_t* error = nullptr;
  for (size_t i = 0; !error && i < api::AsyncRunner::kLongestQueue + 2000; ++i) {
    requests.push_back(request_of(model));
    ok(windfall_request_set_input(requests.back(), "x", x));
    error = windfall_request_start(requests.back(), nullptr, nullptr);
  }
  refused(error, WINDFALL_ENVIRONMENT, "waiting for a thread");
  own_gate.open();
  requests.pop_back();
  for (windfall_request_t* each : requests) {
    ok(windfall_request_wait(each, -1, nullptr));
    windfall_request_free(each);
  }
}

const char* throwing = nullptr;
TEST(CInterface, ExceptionsBecomeErrors) {
  const auto path = doubling("c_throws");
  windfall_model_t* model = load(path);
  windfall_request_t* request = request_of(model);
  std::vector<float> in = {1, 2};
  windfall_tensor_t* x = wrap(WINDFALL_FP32, {2}, in);
  ok(windfall_request_set_input(request, "x", x));
  api::stage_hook = [](const char* stage) {
    if (throwing && std::string_view(stage) == throwing) throw std::runtime_error("boom");
  };
  for (const char* stage : {"marshal_in", "predict", "marshal_out"}) {
    throwing = stage;
    refused(windfall_request_run(request), WINDFALL_INTERNAL, "boom");
    ok(windfall_request_start(request, nullptr, nullptr));
    refused(windfall_request_wait(request, -1, nullptr), WINDFALL_INTERNAL, "boom");
  }
  throwing = "load";
  windfall_model_t* none = nullptr;
  refused(windfall_model_load(path.c_str(), nullptr, &none), WINDFALL_INTERNAL, "boom");
  throwing = nullptr;
  ok(windfall_request_run(request));
  api::stage_hook = nullptr;
  windfall_tensor_free(x);
  windfall_request_free(request);
  windfall_model_free(model);
}
#endif

TEST(CInterface, TheDeadlineOfARequest) {
  windfall_model_t* model = load(doubling("c_deadline"));
  windfall_request_t* request = request_of(model);
  refused(windfall_request_set_deadline_ms(request, 0), 1, "deadline");
  refused(windfall_request_set_deadline_ms(request, INT64_MAX), 1, "deadline");
#ifdef WINDFALL_STAGE_HOOK
  std::vector<float> in = {1, 2};
  windfall_tensor_t* x = wrap(WINDFALL_FP32, {2}, in);
  ok(windfall_request_set_input(request, "x", x));
  windfall_tensor_free(x);
  ok(windfall_request_set_deadline_ms(request, 1));
  for (const char* stage : {"marshal_in", "predict"}) {
    throwing = stage;
    api::stage_hook = [](const char* entered) {
      if (std::string_view(entered) == throwing) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    };
    refused(windfall_request_run(request), WINDFALL_DEADLINE_EXCEEDED, "");
  }
  api::stage_hook = nullptr;
  throwing = nullptr;
  ok(windfall_request_set_deadline_ms(request, 60000));
  ok(windfall_request_run(request));
#endif
  windfall_request_free(request);
  windfall_model_free(model);
}

}  // namespace
}  // namespace wf::test
