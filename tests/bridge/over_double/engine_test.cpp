// The engine "coreml" over the double: right answers, and pitfalls 12 to 14 and 16 at the seam.
#include "bridge/over_double/over_double.h"
#include "runtime/coreml/coreml_engine.h"

namespace wf::test {
namespace {

using std::chrono::milliseconds;

// When a call that hangs is given up: long enough for it to have begun on a busy machine.
constexpr milliseconds kSoon{400};

class CoreMlEngineOverDouble : public OverDouble {
 protected:
  void SetUp() override {
    OverDouble::SetUp();
    set_coreml_limits({});
  }
  Result<Model> doubling_model() {
    return prepared(
        doubling_file(array_feature("x", DType::kFloat32, {2, 3}), tensor_type(DType::kFloat32, {2, 3}),
                      array_feature("y", DType::kFloat32, {2, 3})),
        "coreml");
  }
  static InferOptions within(milliseconds time) {
    InferOptions options;
    options.deadline = std::chrono::steady_clock::now() + time;
    return options;
  }
  // A prediction that is right, as soon as the model is there again.
  static void expect_recovered(const Model& model) {
    EXPECT_TRUE(eventually([&] { return model.predict({{"x", iota({2, 3})}}).ok(); }));
    WF_ASSERT_OK_AND_ASSIGN(const Features outputs, model.predict({{"x", iota({2, 3})}}));
    expect_near(tensor_of(outputs, "y"), {2, 3}, {0, 2, 4, 6, 8, 10}, 0);
  }
};

TEST_F(CoreMlEngineOverDouble, IsAnEngineLikeAnyOther) {
  WF_ASSERT_OK_AND_ASSIGN(const InferenceEngine* engine, find_engine("coreml"));
  EXPECT_EQ(engine->capabilities().device_class, "ane");
  WF_ASSERT_OK_AND_ASSIGN(const Model model, doubling_model());
  for (const char* layout : {"dense", "padded", "transposed"}) {
    for (const char* dtype : {"", "fp16"}) {
      set_script("layout", layout);
      set_script("dtype", dtype);
      WF_ASSERT_OK_AND_ASSIGN(const Features outputs, model.predict({{"x", iota({2, 3})}}));
      EXPECT_EQ(tensor_of(outputs, "y").dtype(), DType::kFloat32) << "as the description declares it";
      expect_near(tensor_of(outputs, "y"), {2, 3}, {0, 2, 4, 6, 8, 10}, 0);
    }
  }
  EXPECT_EQ(apple_double::last("units"), "2");
}

TEST_F(CoreMlEngineOverDouble, SaysWhereTheModelRuns) {
  set_script("plan.device", "ane");
  WF_ASSERT_OK_AND_ASSIGN(const Model model, doubling_model());
  WF_ASSERT_OK_AND_ASSIGN(const CapabilityReport report, coreml_report(model.prepared()));
  EXPECT_EQ(report.compute_units_requested, ComputeUnits::kAll);
  EXPECT_EQ(report.compute_units_actual, ComputeUnits::kCpuAndNe);
  EXPECT_EQ(report.ane_op_coverage_pct, 100);
  EXPECT_EQ(report.device_class, "ane");
  WF_ASSERT_OK_AND_ASSIGN(
      const Model other,
      prepared(doubling_file(array_feature("x", DType::kFloat32, {2}), tensor_type(DType::kFloat32, {2}),
                             array_feature("y", DType::kFloat32, {2}))));
  EXPECT_FALSE(coreml_report(other.prepared()).ok());
}

// A call that does not return: its caller is answered at the deadline, the next ones at once, and a new model
// comes.
TEST_F(CoreMlEngineOverDouble, CallThatHangsIsGivenUp) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, doubling_model());
  set_script("predict.hang", "1");
  {
    Features inputs = {{"x", iota({2, 3})}};
    expect_error(model.predict(inputs, nullptr, within(kSoon)), ErrorCode::kDeadlineExceeded, "given up");
    // The caller's inputs are gone now; the call that hangs has its own.
  }
  EXPECT_EQ(bridge::Worker::abandoned(), 1);
  expect_recovered(model);
  EXPECT_EQ(coreml_rebuilds(model.prepared()), 1);
  const int64_t alive = apple_double::living_objects()["MLModel"];
  EXPECT_EQ(alive, 2) << "the one that hangs and the new one";
  apple_double::release_hanging();
  EXPECT_TRUE(eventually([] { return apple_double::living_objects()["MLModel"] == 1; }))
      << "the late result is dropped";
  EXPECT_TRUE(eventually([] { return bridge::Worker::abandoned() == 0; }));
}

TEST_F(CoreMlEngineOverDouble, LateFailuresAreDroppedAsWell) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, doubling_model());
  for (const char* fault : {"predict.error", "predict.throw", "predict.throw_cpp"}) {
    set_script("predict.hang", "1");
    set_script(fault, "1");
    expect_error(model.predict({{"x", iota({2, 3})}}, nullptr, within(kSoon)), ErrorCode::kDeadlineExceeded,
                 "given up");
    apple_double::release_hanging();
    EXPECT_TRUE(eventually([] { return bridge::Worker::abandoned() == 0; }));
    expect_recovered(model);
  }
}

TEST_F(CoreMlEngineOverDouble, WhileTheModelIsLoadedAgainCallsFailAtOnce) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, doubling_model());
  set_script("predict.hang", "1");
  set_script("load.hang", "1");
  EXPECT_FALSE(model.predict({{"x", iota({2, 3})}}, nullptr, within(kSoon)).ok());
  ASSERT_TRUE(eventually([] { return apple_double::hanging() == 2; }));
  // No deadline: were it to wait, the test would hang.
  expect_error(model.predict({{"x", iota({2, 3})}}), ErrorCode::kRuntime, "being loaded again");
  apple_double::release_hanging();
  expect_recovered(model);
}

TEST_F(CoreMlEngineOverDouble, LoadingAgainThatFailsIsTriedAgain) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, doubling_model());
  set_script("predict.hang", "1");
  set_script("load.error", "1");
  EXPECT_FALSE(model.predict({{"x", iota({2, 3})}}, nullptr, within(kSoon)).ok());
  EXPECT_TRUE(eventually([&] {
    const auto answer = model.predict({{"x", iota({2, 3})}});
    return !answer && answer.error().message.find("could not be loaded again") != std::string::npos;
  }));
  expect_recovered(model);
  EXPECT_EQ(coreml_rebuilds(model.prepared()), 2);
}

TEST_F(CoreMlEngineOverDouble, LoadingAgainThatHangsIsGivenUpToo) {
  WF_ASSERT_OK_AND_ASSIGN(const Model first, doubling_model());
  set_coreml_limits({.load = milliseconds(3000)});
  WF_ASSERT_OK_AND_ASSIGN(const Model model, doubling_model());
  set_script("predict.hang", "1");
  set_script("load.hang", "1");
  EXPECT_FALSE(model.predict({{"x", iota({2, 3})}}, nullptr, within(kSoon)).ok());
  expect_recovered(model);
  EXPECT_EQ(bridge::Worker::abandoned(), 2);
}

// A system that hangs every call must not collect threads for ever.
TEST_F(CoreMlEngineOverDouble, AbandonedThreadsAreLimited) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, doubling_model());
  bridge::Worker::set_abandoned_limit(2);
  set_script("predict.hang", "-1");
  EXPECT_TRUE(eventually([&] {
    const auto answer = model.predict({{"x", iota({2, 3})}}, nullptr, within(kSoon));
    return !answer && answer.error().code == ErrorCode::kEnvironment;
  }));
  EXPECT_EQ(bridge::Worker::abandoned(), 2);
  set_script("predict.hang", "0");
  apple_double::release_hanging();
  expect_recovered(model);
  bridge::Worker::set_abandoned_limit(8);
}

TEST_F(CoreMlEngineOverDouble, CompileAndLoadHaveDeadlines) {
  set_coreml_limits({.load = kSoon});
  set_script("load.hang", "1");
  expect_error(doubling_model(), ErrorCode::kDeadlineExceeded, "loading the model");
  apple_double::release_hanging();
  set_coreml_limits({.compile = kSoon});
  set_script("compile.hang", "1");
  expect_error(doubling_model(), ErrorCode::kDeadlineExceeded, "compiling the model");
}

TEST_F(CoreMlEngineOverDouble, PredictionsCanBeCancelled) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, doubling_model());
  set_script("predict.hang", "1");
  std::atomic<bool> cancelled = false;
  std::thread canceller([&] {
    EXPECT_TRUE(eventually([] { return apple_double::hanging() == 1; }));
    cancelled = true;
  });
  InferOptions options;
  options.cancelled = &cancelled;
  expect_error(model.predict({{"x", iota({2, 3})}}, nullptr, options), ErrorCode::kDeadlineExceeded,
               "cancelled");
  canceller.join();
}

// Core ML's models are not for several threads at once.
TEST_F(CoreMlEngineOverDouble, ThreadsTakeTurns) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, doubling_model());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const Tensor x = f32({2, 3}, {1.0 * t, 1.0 * i, 2, 3, 4, 5});
        const auto outputs = model.predict({{"x", x}});
        ASSERT_TRUE(outputs.ok()) << outputs.error().to_string();
        expect_near(tensor_of(*outputs, "y"), {2, 3}, {2.0 * t, 2.0 * i, 4, 6, 8, 10}, 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(apple_double::seen("overlaps"), 0);
}

// A conversation goes on over a call that was given up: the state is what it was before.
TEST_F(CoreMlEngineOverDouble, StatesSurviveFailures) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, prepared(counting_file(), "coreml"));
  WF_ASSERT_OK_AND_ASSIGN(ModelState state, model.new_state());
  const Features inputs = {{"x", f16({2}, {1, 10})}};
  const auto step = [&](double expected) {
    EXPECT_TRUE(eventually([&] {
      const auto outputs = model.predict(inputs, &state);
      if (!outputs) return false;
      expect_near(tensor_of(*outputs, "y"), {2}, {expected, 10 * expected}, 0);
      return true;
    }));
  };
  step(1);
  step(2);
  set_script("predict.error", "1");
  EXPECT_FALSE(model.predict(inputs, &state).ok());
  step(3);
  set_script("predict.hang", "1");
  EXPECT_FALSE(model.predict(inputs, &state, within(kSoon)).ok());
  step(4);
  apple_double::release_hanging();
  step(5);
  // Two conversations do not mix, and another engine's word on the state counts.
  WF_ASSERT_OK_AND_ASSIGN(ModelState other, model.new_state());
  WF_ASSERT_OK_AND_ASSIGN(const Features outputs, model.predict(inputs, &other));
  expect_near(tensor_of(outputs, "y"), {2}, {1, 10}, 0);
  state.cells[0].second->tensor = f16({2}, {100, 1000});
  step(101);
}

TEST_F(CoreMlEngineOverDouble, StateInUseIsRefused) {
  WF_ASSERT_OK_AND_ASSIGN(const Model model, prepared(counting_file(), "coreml"));
  WF_ASSERT_OK_AND_ASSIGN(ModelState state, model.new_state());
  const Features inputs = {{"x", f16({2}, {1, 10})}};
  set_script("predict.hang", "1");
  std::thread slow([&] { EXPECT_TRUE(model.predict(inputs, &state).ok()); });
  ASSERT_TRUE(eventually([] { return apple_double::hanging() == 1; }));
  expect_error(model.predict(inputs, &state), ErrorCode::kInvalidArgument, "in use by another prediction");
  apple_double::release_hanging();
  slow.join();
}

TEST_F(CoreMlEngineOverDouble, PicturesDictionariesAndTexts) {
  for (const ColorLayout layout : {ColorLayout::kRgb, ColorLayout::kBgr, ColorLayout::kGrayscale}) {
    const int64_t count = channels(layout);
    WF_ASSERT_OK_AND_ASSIGN(
        const Model model,
        prepared(make_file({image_feature("i", layout, 3, 2)}, {image_feature("o", layout, 3, 2)},
                           [count](Builder& b) {
                             const ValueId i = b.input("i", tensor_type(DType::kFloat32, {1, count, 2, 3}));
                             b.set_outputs({b.op("add", {{"x", i}, {"y", i}}, "o")});
                           }),
                 "coreml"));
    std::vector<double> pixels, doubled;
    for (int i = 0; i < 6 * count; ++i) {
      pixels.push_back(i);
      doubled.push_back(2 * i);
    }
    const Shape shape = count == 3 ? Shape{2, 3, 3} : Shape{2, 3};
    WF_ASSERT_OK_AND_ASSIGN(const Features outputs, model.predict({{"i", of(DType::kUInt8, shape, pixels)}}));
    expect_near(tensor_of(outputs, "o"), shape, doubled, 0);
  }
}

}  // namespace
}  // namespace wf::test
