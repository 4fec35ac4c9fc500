// One model served to many callers, through version 2 of the C interface.
#include <gtest/gtest.h>

#include <atomic>

#include "c_calls.h"

namespace wf::test {
namespace {

struct CPredictor : testing::Test {
  void SetUp() override {
    model = load(doubling(std::string("c_predictor_") +
                          testing::UnitTest::GetInstance()->current_test_info()->name()));
    request = request_of(model);
    x = wrap(WINDFALL_FP32, {2}, in);
    y = wrap(WINDFALL_FP32, {2}, out);
    ok(windfall_request_set_input(request, "x", x));
    ok(windfall_request_set_output(request, "y", y));
    ok(windfall_predictor_new(model, nullptr, &predictor));
  }
  void TearDown() override {
    windfall_predictor_free(predictor);
    windfall_request_free(request);
    windfall_tensor_free(x);
    windfall_tensor_free(y);
    windfall_model_free(model);
  }
  std::vector<float> in = {1, 2}, out = {0, 0};
  windfall_model_t* model = nullptr;
  windfall_request_t* request = nullptr;
  windfall_tensor_t *x = nullptr, *y = nullptr;
  windfall_predictor_t* predictor = nullptr;
  std::atomic<int> answers{0};
};

TEST_F(CPredictor, AnswersInTheCallersMemory) {
  for (float round : {1.0F, 2.0F, 3.0F}) {
    in = {round, -round};
    ok(windfall_predictor_submit(predictor, request, 0, 0, nullptr, nullptr));
    int32_t done = 0;
    ok(windfall_request_wait(request, -1, &done));
    EXPECT_EQ(done, 1);
    EXPECT_EQ(out, (std::vector<float>{2 * round, -2 * round}));
  }
  windfall_request_cancel(request);  // too late for anything
  windfall_times_t times{};
  times.struct_size = sizeof times;
  ok(windfall_request_times(request, &times));
  EXPECT_EQ(times.predict_ms, 0);
  ok(windfall_request_run(request));  // goes on being a request like any other
}

TEST_F(CPredictor, CallsBackOnceAndMayBeAskedAgainFromThere) {
  const auto count = [](CPredictor& test) {
    ++test.answers;
    test.answers.notify_all();
  };
  static const windfall_done_fn last = [](void* context, windfall_error_t* error) {
    ok(error);
    decltype(count){}(*static_cast<CPredictor*>(context));
  };
  const windfall_done_fn first = [](void* context, windfall_error_t* error) {
    ok(error);
    auto& test = *static_cast<CPredictor*>(context);
    ok(windfall_predictor_submit(test.predictor, test.request, 0, 0, last, context));
    decltype(count){}(test);
  };
  ok(windfall_predictor_submit(predictor, request, 1, 0, first, this));
  for (int seen = answers; seen < 2; seen = answers) answers.wait(seen);
  ok(windfall_request_wait(request, -1, nullptr));
  EXPECT_EQ(out, (std::vector<float>{2, 4}));
}

TEST_F(CPredictor, AStateIsInUseUntilTheAnswer) {
  windfall_model_t* summed = load(summing("c_predictor_state"));
  windfall_predictor_t* serving = nullptr;
  ok(windfall_predictor_new(summed, nullptr, &serving));
  windfall_state_t* state = nullptr;
  ok(windfall_state_new(summed, &state));
  windfall_request_t *one = request_of(summed), *two = request_of(summed);
  for (windfall_request_t* each : {one, two}) {
    ok(windfall_request_set_input(each, "x", x));
    ok(windfall_request_set_state(each, state));
  }
  windfall_request_t* both[] = {one, two};
  windfall_error_t* errors[2] = {};
  ok(windfall_predictor_run(serving, both, 2, errors));
  ok(errors[0]);
  refused(errors[1], 1, "in use");
  ok(windfall_predictor_submit(serving, two, 0, 0, nullptr, nullptr));
  ok(windfall_request_wait(two, -1, nullptr));
  windfall_tensor_t* held = nullptr;
  ok(windfall_state_read(state, "s", &held));
  EXPECT_EQ(values_of<uint16_t>(held), (std::vector<uint16_t>{0x4000, 0x4400}));  // 2, 4
  windfall_tensor_free(held);
  windfall_request_free(one);
  windfall_request_free(two);
  windfall_state_free(state);
  windfall_predictor_free(serving);
  windfall_model_free(summed);
}

TEST_F(CPredictor, ABatchHasOneErrorForEach) {
  windfall_request_t* empty = request_of(model);
  windfall_request_t* requests[] = {request, empty, nullptr, request};
  windfall_error_t* errors[4] = {};
  ok(windfall_predictor_run(predictor, requests, 4, errors));
  ok(errors[0]);
  refused(errors[1], 1, "'x'");
  refused(errors[2], 1, "request 2 is NULL");
  refused(errors[3], 1, "running");  // the same twice at once
  EXPECT_EQ(out, (std::vector<float>{2, 4}));
  ok(windfall_request_run(request));  // nothing stays claimed
  ok(windfall_predictor_run(predictor, nullptr, 0, nullptr));
  refused(windfall_predictor_run(predictor, requests, 1, nullptr), 1, "errors is NULL");
  windfall_request_free(empty);
}

TEST_F(CPredictor, Refusals) {
  windfall_model_t* stranger = load(doubling("c_predictor_stranger"));
  windfall_request_t* foreign = request_of(stranger);
  refused(windfall_predictor_submit(predictor, foreign, 0, 0, nullptr, nullptr), 1, "another model");
  windfall_predictor_options_t options{};
  windfall_predictor_t* none = nullptr;
  refused(windfall_predictor_new(model, &options, &none), 1, "struct_size");
  options.struct_size = sizeof options;
  options.instances = -1;
  refused(windfall_predictor_new(model, &options, &none), 1, "instances is -1");
  options.instances = 0;
  options.deadline_ms = -5;
  refused(windfall_predictor_new(model, &options, &none), 1, "deadline");
  EXPECT_EQ(none, nullptr);
  ok(windfall_predictor_shutdown(predictor, 1000));
  ok(windfall_predictor_shutdown(predictor, -1));
  refused(windfall_predictor_submit(predictor, request, 0, 0, nullptr, nullptr), WINDFALL_ENVIRONMENT,
          "shut");
  ok(windfall_request_run(request));
  windfall_request_free(foreign);
  windfall_model_free(stranger);
}

}  // namespace
}  // namespace wf::test
