// The engine "auto" with Core ML first, over the double: whatever Core ML does, the answers are right.
#include <cstdlib>

#include "bridge/over_double/over_double.h"
#include "runtime/auto_engine.h"
#include "runtime/cache/cache.h"
#include "runtime/coreml/coreml_engine.h"

namespace wf::test {
namespace {

using namespace std::chrono_literals;

class CoreMlFirst : public OverDouble {
 protected:
  void SetUp() override {
    OverDouble::SetUp();
    set_coreml_limits({});
  }

  static ModelFile doubling_model() {
    return doubling_file(array_feature("x", DType::kFloat32, {2, 3}), tensor_type(DType::kFloat32, {2, 3}),
                         array_feature("y", DType::kFloat32, {2, 3}));
  }
  // The default chain, whose measurements decide nothing: the double is slower than what it runs on.
  AutoOptions options() {
    AutoOptions all;
    all.chain = default_chain(all_engines());
    all.chain[0].must_be_faster = false;
    all.chain[0].breaker.memory_limit.reset();
    all.chain[0].breaker.now = [this] { return now_.load(); };
    all.chain[0].trial = nullptr;
    return all;
  }
  Model prepared_by(const AutoEngine& engine, ModelFile file) {
    LoadOptions load;
    load.own_engine = &engine;
    auto model = Model::prepare(std::make_shared<const ModelFile>(std::move(file)), load);
    EXPECT_TRUE(model.ok()) << (model ? "" : model.error().to_string());
    return model ? *std::move(model) : Model();
  }
  static const AutoModel& chain_of(const Model& model) {
    return dynamic_cast<const AutoModel&>(model.prepared());
  }
  // Who gave the answer, which is right whoever it was.
  static std::string served_by(const Model& model, std::chrono::milliseconds time = 60s) {
    InferReport report;
    InferOptions infer;
    infer.report = &report;
    infer.deadline = std::chrono::steady_clock::now() + time;
    const auto outputs = model.predict({{"x", iota({2, 3})}}, nullptr, infer);
    EXPECT_TRUE(outputs.ok()) << (outputs ? "" : outputs.error().to_string());
    if (outputs) expect_near(tensor_of(*outputs, "y"), {2, 3}, {0, 2, 4, 6, 8, 10}, 0);
    return report.engine;
  }

  std::atomic<BreakerOptions::Clock::time_point> now_{BreakerOptions::Clock::time_point{}};
};

TEST_F(CoreMlFirst, IsTheEngineAuto) {
  const auto chain = default_chain(all_engines());
  ASSERT_EQ(chain.size(), 3u);
  EXPECT_EQ(chain[0].engine->name(), "coreml");
  EXPECT_TRUE(chain[0].trial && chain[0].must_be_faster && chain[0].keeps_time_for_next);
  LoadOptions load;
  load.engine = "auto";
  WF_ASSERT_OK_AND_ASSIGN(const Model model,
                          Model::prepare(std::make_shared<const ModelFile>(doubling_model()), load));
  EXPECT_EQ(served_by(model), "coreml");
}

TEST_F(CoreMlFirst, FailuresAreAnsweredByTheCpu) {
  const AutoEngine engine(options());
  for (const char* fault :
       {"predict.error", "predict.nil", "predict.throw", "predict.throw_object", "predict.throw_cpp"}) {
    const Model model = prepared_by(engine, doubling_model());
    EXPECT_EQ(served_by(model), "coreml") << fault;
    set_script(fault, "1");
    EXPECT_EQ(served_by(model), "cpu") << fault;
    EXPECT_EQ(served_by(model), "coreml") << fault;
  }
  const Model model = prepared_by(engine, doubling_model());
  for (const char* fault : {"predict.drop_output", "predict.as_text"}) {
    set_script(fault, "y");
    EXPECT_EQ(served_by(model), "cpu") << fault;
    set_script(fault, "");
    EXPECT_EQ(served_by(model), "coreml") << fault;
  }
}

// What a model declares and what its program computes are two things: Core ML knows the one, our engines
// both.
TEST_F(CoreMlFirst, TheNextEngineTakesWhatTheDescriptionSays) {
  const AutoEngine engine(options());
  for (const bool fails : {false, true}) {
    const Model halves = prepared_by(engine, doubling_file(array_feature("x", DType::kFloat32, {2, 3}),
                                                           tensor_type(DType::kFloat16, {2, 3}),
                                                           array_feature("y", DType::kFloat32, {2, 3})));
    set_script("predict.error", fails ? "1" : "0");
    EXPECT_EQ(served_by(halves), fails ? "cpu" : "coreml");
    const Model picture = prepared_by(
        engine, make_file({image_feature("i", ColorLayout::kRgb, 3, 2)},
                          {image_feature("o", ColorLayout::kRgb, 3, 2)}, [](Builder& b) {
                            const ValueId i = b.input("i", tensor_type(DType::kFloat32, {1, 3, 2, 3}));
                            b.set_outputs({b.op("add", {{"x", i}, {"y", i}}, "o")});
                          }));
    InferReport report;
    InferOptions infer;
    infer.report = &report;
    set_script("predict.error", fails ? "1" : "0");
    WF_ASSERT_OK_AND_ASSIGN(
        const Features outputs,
        picture.predict({{"i", of(DType::kUInt8, {2, 3, 3}, std::vector<double>(18, 21))}}, nullptr, infer));
    EXPECT_EQ(report.engine, fails ? "cpu" : "coreml");
    EXPECT_EQ(tensor_of(outputs, "o").dtype(), DType::kUInt8);
    expect_near(tensor_of(outputs, "o"), {2, 3, 3}, std::vector<double>(18, 42), 0);
  }
}

TEST_F(CoreMlFirst, FailuresOpenTheBreaker) {
  const AutoEngine engine(options());
  const Model model = prepared_by(engine, doubling_model());
  set_script("predict.error", "-1");
  for (int i = 0; i < 12; ++i) EXPECT_EQ(served_by(model), "cpu");
  EXPECT_EQ(chain_of(model).chain()[0].breaker, BreakerState::kOpen);
  const int64_t before = apple_double::seen("predictions");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(served_by(model), "cpu");
  EXPECT_EQ(apple_double::seen("predictions"), before) << "it is left alone";
  set_script("predict.error", "0");
  now_ = now_.load() + 2s;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(served_by(model), "coreml");
  EXPECT_EQ(chain_of(model).chain()[0].breaker, BreakerState::kClosed);
}

TEST_F(CoreMlFirst, HangsAreAnsweredByTheCpuInTime) {
  const AutoEngine engine(options());
  const Model model = prepared_by(engine, doubling_model());
  EXPECT_EQ(served_by(model), "coreml");
  set_script("predict.hang", "1");
  EXPECT_EQ(served_by(model, 4s), "cpu");
  EXPECT_EQ(bridge::Worker::abandoned(), 1);
  EXPECT_TRUE(eventually([&] { return served_by(model) == "coreml"; })) << "loaded again";
  apple_double::release_hanging();
}

TEST_F(CoreMlFirst, WhatCannotBeLoadedIsServedByTheCpu) {
  for (const char* fault :
       {"load.error", "load.throw", "load.throw_cpp", "compile.error", "compile.throw_at_once"}) {
    set_script(fault, "1");
    const AutoEngine engine(options());
    const Model model = prepared_by(engine, doubling_model());
    EXPECT_EQ(served_by(model), "cpu") << fault;
    EXPECT_EQ(chain_of(model).chain()[0].breaker, BreakerState::kOpen) << fault;
    now_ = now_.load() + 2s;
    EXPECT_TRUE(eventually([&] { return served_by(model) == "coreml"; })) << fault;
  }
}

TEST_F(CoreMlFirst, LoadingThatHangsKeepsNobodyWaiting) {
  for (const char* fault : {"load.hang", "compile.hang"}) {
    set_script(fault, "1");
    AutoOptions all = options();
    all.prepare_wait = 50ms;
    const AutoEngine engine(all);
    const Model model = prepared_by(engine, doubling_model());
    EXPECT_EQ(served_by(model), "cpu") << fault;
    ASSERT_TRUE(eventually([] { return apple_double::hanging() == 1; })) << fault;
    EXPECT_EQ(served_by(model), "cpu") << fault;
    apple_double::release_hanging();
    EXPECT_TRUE(eventually([&] { return served_by(model) == "coreml"; })) << fault;
  }
}

// Every call of one conversation goes to the same MLState; only what somebody else changed is written to it.
TEST_F(CoreMlFirst, OneStatePerConversation) {
  const AutoEngine engine(options());
  const Model model = prepared_by(engine, counting_file());
  WF_ASSERT_OK_AND_ASSIGN(ModelState first, model.new_state());
  WF_ASSERT_OK_AND_ASSIGN(ModelState second, model.new_state());
  const auto step = [&](ModelState& state, double expected, const char* engine_name = "coreml") {
    InferReport report;
    InferOptions infer;
    infer.report = &report;
    WF_ASSERT_OK_AND_ASSIGN(const Features outputs, model.predict({{"x", f16({2}, {1, 10})}}, &state, infer));
    expect_near(tensor_of(outputs, "y"), {2}, {expected, 10 * expected}, 0);
    expect_near(state.cells[0].second->tensor, {2}, {expected, 10 * expected}, 0);
    EXPECT_EQ(report.engine, engine_name);
  };
  for (int i = 1; i <= 10; ++i) step(first, i);
  EXPECT_EQ(apple_double::seen("states"), 1);
  for (int i = 1; i <= 3; ++i) {
    step(second, i);
    step(first, 10 + i);
  }
  EXPECT_EQ(apple_double::seen("states"), 2);
  // The cpu's step counts; what Core ML's state holds after a failure nobody knows, so it gets a new one.
  set_script("predict.error", "1");
  step(first, 14, "cpu");
  now_ = now_.load() + 2s;  // one failure among so few is enough for the breaker
  step(first, 15);
  EXPECT_EQ(apple_double::seen("states"), 3);
  // Told by hand.
  first.cells[0].second->tensor = f16({2}, {100, 1000});
  step(first, 101);
  EXPECT_EQ(apple_double::seen("states"), 3);
  // They go with their conversation, at the next call.
  first = {};
  step(second, 4);
  EXPECT_EQ(apple_double::living_objects()["MLState"], 1);
}

// What the double does in the child, it does not do here.
class CoreMlTrials : public CoreMlFirst {
 protected:
  void SetUp() override {
    CoreMlFirst::SetUp();
    ::setenv("WINDFALL_TRIAL", WINDFALL_TRIAL_OVER_DOUBLE, 1);
    ::setenv("WINDFALL_CACHE_DIR", (folder_ / "cache").c_str(), 1);
  }
  void TearDown() override {
    for (const char* name : {"WINDFALL_TRIAL", "WINDFALL_CACHE_DIR", "WINDFALL_DOUBLE"}) ::unsetenv(name);
    CoreMlFirst::TearDown();
  }
  Model tried() {
    fs::path path = folder_ / "model.mlpackage";
    if (!fs::exists(path)) EXPECT_TRUE(save_mlpackage(doubling_model(), path).ok());
    AutoOptions all = options();
    all.chain[0].trial = default_chain(all_engines())[0].trial;
    all.prepare_wait = 5min;
    engine_ = std::make_unique<AutoEngine>(std::move(all));
    LoadOptions load;
    load.own_engine = engine_.get();
    auto model = Model::load(path, load);
    EXPECT_TRUE(model.ok()) << (model ? "" : model.error().to_string());
    return model ? *std::move(model) : Model();
  }
  std::unique_ptr<AutoEngine> engine_;
};

TEST_F(CoreMlTrials, WhatLivesIsLoaded) {
  for (const char* expected : {"survived: ", "survived before: "}) {
    const Model model = tried();
    EXPECT_EQ(chain_of(model).chain()[0].trial, expected);
    EXPECT_EQ(served_by(model), "coreml");
  }
}

TEST_F(CoreMlTrials, WhatDiesIsNeverLoadedHere) {
  for (const char* fault : {"load.die=1", "predict.die=1"}) {
    SCOPED_TRACE(fault);
    std::error_code ignored;
    fs::remove_all(folder_ / "cache", ignored);
    apple_double::reset_script();
    ::setenv("WINDFALL_DOUBLE", fault, 1);
    for (const char* word : {"died: ", "died before: "}) {  // the second time it is known
      const Model model = tried();
      EXPECT_EQ(served_by(model), "cpu");
      const LinkStatus status = chain_of(model).chain()[0];
      EXPECT_EQ(status.breaker, BreakerState::kOpen);
      EXPECT_NE(status.trouble.find("died of signal 6"), std::string::npos) << status.trouble;
      EXPECT_TRUE(status.trial.starts_with(word)) << status.trial;
      ::unsetenv("WINDFALL_DOUBLE");
    }
    EXPECT_EQ(apple_double::seen("loads"), 0);
  }
}

class CoreMlCache : public CoreMlFirst {};

TEST_F(CoreMlCache, CompilesOnce) {
  const fs::path path = folder_ / "model.mlpackage";
  ASSERT_TRUE(save_mlpackage(doubling_model(), path).ok());
  CacheOptions options;
  options.folder = folder_ / "cache";
  LoadOptions load;
  load.engine = "coreml";
  load.cache = std::make_shared<Cache>(options);
  for (const CacheOrigin origin : {CacheOrigin::kCompiled, CacheOrigin::kHit, CacheOrigin::kHit}) {
    WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(path, load));
    ASSERT_NE(model.cached(), nullptr);
    EXPECT_EQ(model.cached()->origin, origin);
    EXPECT_EQ(served_by(model), "coreml");
    EXPECT_EQ(apple_double::seen("compiles"), 1);
    EXPECT_NE(model.cached()->key.find(":coreml-"), std::string::npos) << model.cached()->key;
  }
  // For any compute units: Core ML's compiler does not ask.
  load.prepare.compute_units = ComputeUnits::kCpuOnly;
  EXPECT_TRUE(Model::load(path, load).ok());
  EXPECT_EQ(apple_double::seen("compiles"), 1);
  // In use it stays; then it goes, whole.
  WF_ASSERT_OK_AND_ASSIGN(auto entries, load.cache->list());
  ASSERT_EQ(entries.size(), 1u);
  {
    WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(path, load));
    EXPECT_TRUE(load.cache->collect(0)->empty());
  }
  EXPECT_TRUE(eventually([&] { return !load.cache->collect(0)->empty(); }))
      << "the model's thread lets go of it";
  EXPECT_TRUE(Model::load(path, load).ok());
  EXPECT_EQ(apple_double::seen("compiles"), 2);
}

TEST_F(CoreMlCache, DamageIsCompiledAnew) {
  const fs::path path = folder_ / "model.mlpackage";
  ASSERT_TRUE(save_mlpackage(doubling_model(), path).ok());
  CacheOptions options;
  options.folder = folder_ / "cache";
  LoadOptions load;
  load.engine = "coreml";
  load.cache = std::make_shared<Cache>(options);
  ASSERT_TRUE(Model::load(path, load).ok());
  WF_ASSERT_OK_AND_ASSIGN(auto entries, load.cache->list());
  ASSERT_EQ(entries.size(), 1u);
  for (const auto& each : fs::recursive_directory_iterator(entries[0].path)) {
    if (each.path().filename() == "model.mlmodel") fs::resize_file(each.path(), 3);
  }
  WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(path, load));
  EXPECT_EQ(served_by(model), "coreml");
  EXPECT_EQ(model.cached()->origin, CacheOrigin::kCompiled);
  EXPECT_EQ(apple_double::seen("compiles"), 2);
}

// Core ML gets the model out of what Windfall compiled, for who knows what it makes of a folder of ours.
TEST_F(CoreMlCache, WhatWindfallCompiledIsCompiledByCoreMl) {
  const fs::path path = folder_ / "model.mlpackage", ours = folder_ / "ours.mlmodelc";
  ASSERT_TRUE(save_mlpackage(doubling_model(), path).ok());
  ASSERT_TRUE(compile_model(path, ours).ok());
  CacheOptions options;
  options.folder = folder_ / "cache";
  LoadOptions load;
  load.engine = "coreml";
  for (int compiles : {1, 2, 2}) {  // the first without a cache
    WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(ours, load));
    EXPECT_EQ(served_by(model), "coreml");
    EXPECT_EQ(apple_double::seen("compiles"), compiles);
    if (!load.cache) load.cache = std::make_shared<Cache>(options);
  }
}

// "auto" keeps both: what Core ML compiled of the source, and the packed weights of the next engine.
TEST_F(CoreMlCache, TheChainKeepsBoth) {
  const fs::path path = folder_ / "model.mlpackage";
  ASSERT_TRUE(save_mlpackage(doubling_model(), path).ok());
  CacheOptions options;
  options.folder = folder_ / "cache";
  const AutoEngine engine(this->options());
  LoadOptions load;
  load.own_engine = &engine;
  load.cache = std::make_shared<Cache>(options);
  for (int i = 0; i < 2; ++i) {
    WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(path, load));
    EXPECT_EQ(model.cached()->origin, i == 0 ? CacheOrigin::kCompiled : CacheOrigin::kHit);
    EXPECT_EQ(served_by(model), "coreml");
    EXPECT_EQ(apple_double::seen("compiles"), 1);
    set_script("predict.error", "1");
    EXPECT_EQ(served_by(model), "cpu");
  }
  WF_ASSERT_OK_AND_ASSIGN(auto entries, load.cache->list());
  EXPECT_EQ(entries.size(), 2u);
}

TEST_F(CoreMlCache, WithoutADiskItIsCompiledForThisProcess) {
  const fs::path path = folder_ / "model.mlpackage";
  ASSERT_TRUE(save_mlpackage(doubling_model(), path).ok());
  CacheOptions options;
  options.folder = path / "Manifest.json" / "cache";
  LoadOptions load;
  load.engine = "coreml";
  load.cache = std::make_shared<Cache>(options);
  WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(path, load));
  EXPECT_EQ(served_by(model), "coreml");
  ASSERT_NE(model.cached(), nullptr);
  EXPECT_EQ(model.cached()->origin, CacheOrigin::kUncached);
  EXPECT_NE(model.cached()->note, "");
}

}  // namespace
}  // namespace wf::test
