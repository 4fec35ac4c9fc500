// The chain over an engine that fails as it is told: whatever it does, callers see right answers.
#include "runtime/auto_engine.h"

#include <cstdlib>

#include "runtime/models.h"
#include "runtime/prometheus_check.h"
#include "runtime/reference_engine.h"
#include "support/eventually.h"
#include "support/fault_engine.h"

namespace wf::test {
namespace {

using namespace std::chrono_literals;

ModelFile doubling() {
  return doubling_file(array_feature("x", DType::kFloat32, {2}), tensor_type(DType::kFloat32, {2}),
                       array_feature("y", DType::kFloat32, {2}));
}

// y = total = total + x, with a state.
ModelFile summing() {
  return make_file(
      {array_feature("x", DType::kFloat16, {2})}, {array_feature("y", DType::kFloat16, {2})},
      [](Builder& b) {
        const ValueId x = b.input("x", tensor_type(DType::kFloat16, {2}));
        const ValueId total = b.input("total", StateType{{DType::kFloat16, Shape{2}}});
        const ValueId sum = b.op("add", {{"x", b.op("read_state", {{"input", total}})}, {"y", x}}, "y");
        b.op_list("write_state", {{"input", total}, {"data", sum}}, 0);
        b.set_outputs({sum});
      },
      Opset::kIos18);
}

class AutoTest : public ::testing::Test {
 protected:
  ~AutoTest() override {
    first_->release();
    second_->release();
    // Every worker comes back: nothing is left behind.
    EXPECT_TRUE(eventually([&] { return calls_.abandoned() == 0 && calls_.background() == 0; }));
    EXPECT_TRUE(eventually([&] { return first_->inside() == 0; }));
  }

  // first, then second.
  AutoEngine& chain(bool stops = true, const std::function<void(ChainLink&)>& change = nullptr) {
    first_ = std::make_shared<FaultEngine>(reference_engine(Reading::kTyped), "first", stops);
    AutoOptions options;
    options.telemetry = &telemetry_;
    options.calls = &calls_;
    options.infer_timeout = 20ms;
    ChainLink link{first_, {}};
    link.breaker.memory_limit.reset();
    link.breaker.now = [this] { return now_.load(); };
    if (change) change(link);
    options.chain = {link, ChainLink{second_, {}}};
    options.chain[1].breaker.memory_limit.reset();
    engine_ = std::make_unique<AutoEngine>(options);
    return *engine_;
  }
  std::shared_ptr<const AutoModel> prepare(const ModelFile& file = doubling()) {
    auto prepared = engine_->prepare(file, {});
    EXPECT_TRUE(prepared.ok()) << prepared.error().to_string();
    return prepared ? std::dynamic_pointer_cast<const AutoModel>(*prepared) : nullptr;
  }
  // Which engine answered, after checking that it did so rightly.
  static std::string served_by(const AutoModel& model, InferOptions options = {}) {
    InferReport report;
    options.report = &report;
    const auto outputs = model.infer(std::vector<Datum>{Datum(f32({2}, {1.5, -3}))}, options);
    EXPECT_TRUE(outputs.ok()) << outputs.error().to_string();
    if (outputs) expect_near(*(*outputs)[0].tensor(), {2}, {3, -6}, 0);
    return report.engine;
  }
  uint64_t fallbacks(Operation operation = Operation::kPredict) {
    return telemetry_.snapshot()
        .failures[static_cast<size_t>(operation)][static_cast<size_t>(FailureKind::kFallback)];
  }

  Telemetry telemetry_;
  AbandonableCalls calls_{{.max_abandoned = 2, .telemetry = &telemetry_}};
  std::atomic<std::chrono::steady_clock::time_point> now_{std::chrono::steady_clock::time_point{}};
  std::shared_ptr<FaultEngine> first_ = std::make_shared<FaultEngine>(reference_engine(Reading::kTyped), "-");
  std::shared_ptr<FaultEngine> second_ =
      std::make_shared<FaultEngine>(reference_engine(Reading::kTyped), "second");
  std::unique_ptr<AutoEngine> engine_;
};

TEST_F(AutoTest, TheFirstEngineServesWhileItIsWell) {
  chain();
  const auto model = prepare();
  EXPECT_EQ(served_by(*model), "first");
  EXPECT_EQ(second_->calls(), 0u);
  EXPECT_EQ(fallbacks(), 0u);
  const auto links = model->chain();
  ASSERT_EQ(links.size(), 2u);
  EXPECT_TRUE(links[0].ready && links[1].ready);
  EXPECT_GT(links[0].p99_ms.value_or(0), 0);
  EXPECT_TRUE(model->cache_key().starts_with("auto|fault|reference|"));
}

TEST_F(AutoTest, EveryWayToFailIsServedByTheNext) {
  chain();
  const auto model = prepare();
  for (const Fault fault : {Fault::kError, Fault::kThrow, Fault::kTooFew, Fault::kHalfState}) {
    first_->script({fault});
    EXPECT_EQ(served_by(*model), "second") << static_cast<int>(fault);
    EXPECT_EQ(served_by(*model), "first");
  }
  EXPECT_EQ(fallbacks(), 4u);
  for (const ErrorCode code : {ErrorCode::kEnvironment, ErrorCode::kRuntime, ErrorCode::kUnsupported}) {
    first_->set_error(Error(code, "so it says"));
    first_->script({Fault::kError});
    EXPECT_EQ(served_by(*model), "second") << name_of(code);
  }
}

TEST_F(AutoTest, TheCallersAndTheModelsErrorsAreReturnedAndBlameNobody) {
  chain();
  const auto model = prepare();
  for (const ErrorCode code : {ErrorCode::kInvalidArgument, ErrorCode::kBadModel}) {
    first_->set_error(Error(code, "so it says"));
    first_->at_random(1, {{Fault::kError, 1}});
    for (int i = 0; i < 20; ++i) {
      const auto outputs = model->infer(std::vector<Datum>{Datum(f32({2}, {1, 2}))}, {});
      ASSERT_FALSE(outputs.ok());
      EXPECT_EQ(outputs.error().code, code);
    }
  }
  EXPECT_EQ(second_->calls(), 0u);
  EXPECT_EQ(model->breaker(0)->trips(), 0u);
  // What no engine supports, or every engine finds undefined, is not the first one's fault either.
  for (const ErrorCode code : {ErrorCode::kUnsupported, ErrorCode::kRuntime}) {
    for (FaultEngine* engine : {first_.get(), second_.get()}) {
      engine->set_error(Error(code, "so it says"));
      engine->at_random(1, {{Fault::kError, 1}});
    }
    for (int i = 0; i < 20; ++i) {
      const auto outputs = model->infer(std::vector<Datum>{Datum(f32({2}, {1, 2}))}, {});
      ASSERT_FALSE(outputs.ok());
      EXPECT_EQ(outputs.error().code, code);
    }
  }
  EXPECT_EQ(model->breaker(0)->trips(), 0u);
  EXPECT_EQ(fallbacks(), 0u);
}

TEST_F(AutoTest, AnErrorThatTheNextEngineDoesNotShareIsBlamed) {
  chain();
  const auto model = prepare();
  first_->set_error(Error(ErrorCode::kRuntime, "so it says"));
  first_->at_random(1, {{Fault::kError, 1}});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(served_by(*model), "second");
  EXPECT_EQ(model->breaker(0)->trips(TripReason::kSuccessRate), 1u);
}

TEST_F(AutoTest, TheBreakerTripsProbesAndRecovers) {
  chain();
  const auto model = prepare();
  first_->at_random(1, {{Fault::kError, 1}});
  for (int i = 0; i < 30; ++i) EXPECT_EQ(served_by(*model), "second");
  EXPECT_EQ(first_->calls(), 10u) << "open: not asked any more";
  EXPECT_EQ(model->breaker(0)->state(), BreakerState::kOpen);
  EXPECT_EQ(fallbacks(), 30u);
  now_ = now_.load() + 1s;
  EXPECT_EQ(served_by(*model), "second") << "a probe that fails";
  EXPECT_EQ(first_->calls(), 11u);
  first_->at_random(1, {});
  now_ = now_.load() + 2s;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(served_by(*model), "first");
  EXPECT_EQ(model->breaker(0)->state(), BreakerState::kClosed);

  auto samples = checked_prometheus(to_prometheus(telemetry_.snapshot()));
  EXPECT_EQ(samples.at("windfall_breaker_trips_total{reason=\"success_rate\"}"), 1);
  EXPECT_EQ(samples.at("windfall_breaker_trips_total{reason=\"probe_failed\"}"), 1);
  EXPECT_EQ(samples.at("windfall_breaker_transitions_total{to=\"half_open\"}"), 2);
  EXPECT_EQ(samples.at("windfall_breaker_transitions_total{to=\"closed\"}"), 1);
  EXPECT_EQ(samples.at("windfall_breaker_probes_total"), 4);
  EXPECT_EQ(samples.at("windfall_failures_total{operation=\"predict\",kind=\"Fallback\"}"), 31);
}

TEST_F(AutoTest, TrippedOrForcedByHand) {
  chain();
  const auto model = prepare();
  model->breaker(0)->trip("maintenance");
  EXPECT_EQ(served_by(*model), "second");
  EXPECT_EQ(model->chain()[0].trouble, "maintenance");
  model->breaker(0)->reset();
  EXPECT_EQ(served_by(*model), "first");
  model->breaker(0)->force(false);
  EXPECT_EQ(served_by(*model), "second");
  model->breaker(0)->force(true);
  first_->at_random(1, {{Fault::kError, 1}});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(served_by(*model), "second") << "forced on, it is asked";
  EXPECT_EQ(first_->calls(), 21u);
  EXPECT_EQ(model->breaker(0)->trips(), 1u) << "the one by hand";
}

TEST_F(AutoTest, SlowAnswersTripWhereThereIsAnSla) {
  chain(true, [](ChainLink& link) { link.sla_ms = 0; });  // nothing is fast enough
  const auto model = prepare();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(served_by(*model), "first");
  EXPECT_EQ(model->breaker(0)->trips(TripReason::kSlaViolations), 1u);
  EXPECT_EQ(served_by(*model), "second");
}

TEST_F(AutoTest, AnEngineThatIsNotFasterIsNotUsed) {
  chain(true, [](ChainLink& link) { link.must_be_faster = true; });
  first_->set_delay(20ms);
  const auto model = prepare();
  first_->script(std::vector<Fault>(20, Fault::kSlow));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(served_by(*model), "first") << "only one is measured";
  model->breaker(0)->force(false);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(served_by(*model), "second");
  model->breaker(0)->force(std::nullopt);
  EXPECT_EQ(served_by(*model), "second") << "both are measured, the first is slower";
  EXPECT_EQ(model->chain()[0].enablement, Enablement::kTooSlow);
  model->breaker(0)->force(true);
  EXPECT_EQ(served_by(*model), "first") << "forced";
}

TEST_F(AutoTest, StatesAreThoseOfTheAnswer) {
  for (const bool stops : {true, false}) {
    chain(stops);
    const auto model = prepare(summing());
    const auto cell = std::make_shared<StateCell>(StateCell{f16({2}, {10, 20})});
    const auto step = [&](const char* engine, std::vector<double> expected) {
      InferReport report;
      InferOptions options;
      options.report = &report;
      const std::vector<Datum> inputs = {Datum(f16({2}, {1, 2})), Datum(cell)};
      const auto outputs = model->infer(inputs, options);
      ASSERT_TRUE(outputs.ok()) << outputs.error().to_string();
      EXPECT_EQ(report.engine, engine);
      expect_near(*(*outputs)[0].tensor(), {2}, expected, 0);
      expect_near(cell->tensor, {2}, expected, 0);
    };
    step("first", {11, 22});
    first_->script({Fault::kHalfState, Fault::kTooFew});
    step("second", {12, 24});  // not 99 + x
    step("second", {13, 26});  // nor twice the step: the first engine had written before it failed
    step("first", {14, 28});
    // When nobody answers the states are as before.
    first_->script({Fault::kHalfState});
    second_->script({Fault::kHalfState});
    const std::vector<Datum> inputs = {Datum(f16({2}, {1, 2})), Datum(cell)};
    EXPECT_FALSE(model->infer(inputs, {}).ok());
    expect_near(cell->tensor, {2}, {14, 28}, 0);
    if (stops) continue;
    // A late answer changes nothing.
    first_->script({Fault::kHang});
    step("second", {15, 30});
    first_->release();
    EXPECT_TRUE(eventually([&] { return calls_.abandoned() == 0; }));
    expect_near(cell->tensor, {2}, {15, 30}, 0);
  }
}

TEST_F(AutoTest, AHangIsLeftBehindAndTheInstancePreparedAgain) {
  chain(false, [](ChainLink& link) { link.keeps_time_for_next = true; });
  const auto model = prepare();
  EXPECT_EQ(served_by(*model), "first");
  EXPECT_EQ(first_->preparations(), 1u);
  first_->script({Fault::kHang});
  EXPECT_EQ(served_by(*model), "second");
  EXPECT_EQ(calls_.abandoned(), 1);
  EXPECT_TRUE(eventually([&] { return model->chain()[0].ready; })) << "another instance";
  EXPECT_EQ(first_->preparations(), 2u);
  EXPECT_EQ(served_by(*model), "first");
  EXPECT_EQ(fallbacks(), 1u);
  EXPECT_EQ(telemetry_.snapshot().abandoned_calls_total, 1u);
  first_->release();
  EXPECT_TRUE(eventually([&] { return calls_.abandoned() == 0; }));
}

TEST_F(AutoTest, WhileTheInstanceIsPreparedAgainTheNextServes) {
  chain(false, [](ChainLink& link) { link.keeps_time_for_next = true; });
  const auto model = prepare();
  first_->hang_in_prepare(true);
  first_->script({Fault::kHang});
  EXPECT_EQ(served_by(*model), "second");
  first_->wait_until_hanging(2);  // the call, and the preparation
  for (int i = 0; i < 20; ++i) EXPECT_EQ(served_by(*model), "second");
  EXPECT_EQ(first_->calls(), 1u);
  EXPECT_EQ(first_->preparations(), 2u);
  first_->hang_in_prepare(false);
  first_->release();
  EXPECT_TRUE(eventually([&] { return model->chain()[0].ready; }));
  EXPECT_EQ(served_by(*model), "first");
}

TEST_F(AutoTest, AnEngineThatHangsForGoodCostsSoManyThreads) {
  chain(false, [](ChainLink& link) { link.keeps_time_for_next = true; });
  const auto model = prepare();
  first_->at_random(1, {{Fault::kHang, 1}});
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(served_by(*model), "second");
    EXPECT_TRUE(eventually([&] { return calls_.background() == 0; }));
    now_ = now_.load() + 100s;  // whatever back-off there is, is over
  }
  EXPECT_EQ(calls_.abandoned(), 2);
  EXPECT_EQ(first_->calls(), 2u);
  first_->at_random(1, {});
  first_->release();
  EXPECT_TRUE(eventually([&] { return calls_.abandoned() == 0; }));
  EXPECT_TRUE(eventually([&] {
    now_ = now_.load() + 100s;
    return served_by(*model) == "first";
  })) << "it recovers once they are back";
}

TEST_F(AutoTest, AStoppableEngineLeavesTimeForTheNext) {
  chain(true, [](ChainLink& link) { link.keeps_time_for_next = true; });
  const auto model = prepare();
  InferOptions options;
  options.deadline = std::chrono::steady_clock::now() + 1s;
  first_->script({Fault::kHang, Fault::kHang});
  EXPECT_EQ(served_by(*model, options), "second") << "half of the caller's time was left";
  EXPECT_EQ(served_by(*model), "second") << "no deadline: the chain's own time limit";
  EXPECT_EQ(fallbacks(), 2u);
}

TEST(Auto, HowMuchTimeIsLeftForTheNext) {
  const std::chrono::steady_clock::time_point now{1h};
  const auto after = [&](std::optional<double> next_p99_ms) {
    return std::chrono::round<std::chrono::microseconds>(
        deadline_leaving_time(now, now + 100ms, next_p99_ms) - now);
  };
  EXPECT_EQ(after(std::nullopt), 50ms);
  EXPECT_EQ(after(20), 70ms);
  EXPECT_EQ(after(0.1), 90ms);
  EXPECT_EQ(after(90), 25ms);
  EXPECT_EQ(deadline_leaving_time(now, now - 1s, 5), now - 1s) << "too late for anybody";
}

TEST_F(AutoTest, TimeThatIsOverForAllIsTheCallersToKnow) {
  chain();  // keeps no time for the next
  const auto model = prepare();
  first_->at_random(1, {{Fault::kHang, 1}});
  for (int i = 0; i < 12; ++i) {
    InferOptions options;
    options.deadline = std::chrono::steady_clock::now() + 1ms;
    const auto outputs = model->infer(std::vector<Datum>{Datum(f32({2}, {1, 2}))}, options);
    ASSERT_FALSE(outputs.ok());
    EXPECT_EQ(outputs.error().code, ErrorCode::kDeadlineExceeded);
  }
  EXPECT_EQ(model->breaker(0)->trips(), 0u) << "a short deadline is not the engine's fault";
  EXPECT_EQ(second_->calls(), 0u);
}

TEST_F(AutoTest, ACancelEndsTheCallWhateverTheEngineDoes) {
  for (const bool stops : {true, false}) {
    chain(stops);
    const auto model = prepare();
    first_->script({Fault::kHang});
    std::atomic<bool> cancelled{false};
    std::thread canceller([&] {
      first_->wait_until_hanging(1);
      cancelled = true;
    });
    InferOptions options;
    options.deadline = std::chrono::steady_clock::now() + 10min;
    options.cancelled = &cancelled;
    const auto outputs = model->infer(std::vector<Datum>{Datum(f32({2}, {1, 2}))}, options);
    canceller.join();
    ASSERT_FALSE(outputs.ok());
    EXPECT_EQ(outputs.error().code, ErrorCode::kDeadlineExceeded);
    EXPECT_EQ(second_->calls(), 0u);
    EXPECT_EQ(model->breaker(0)->trips(), 0u);
    first_->release();
  }
}

TEST_F(AutoTest, AnEngineThatCannotPrepareIsTriedAgainLater) {
  for (const bool stops : {true, false}) {
    chain(stops, [](ChainLink& link) { link.breaker.first_backoff = 0s; });
    const uint64_t before = fallbacks(Operation::kLoad);
    first_->refuse_to_prepare(Error(ErrorCode::kInternal, "the compiler crashed"), 1);
    const auto model = prepare();
    EXPECT_EQ(fallbacks(Operation::kLoad), before + 1);
    EXPECT_EQ(model->breaker(0)->trips(TripReason::kNotPrepared), 1u);
    EXPECT_NE(model->chain()[0].trouble.find("the compiler crashed"), std::string::npos);
    EXPECT_EQ(served_by(*model), "second");  // the back-off is over: it is prepared meanwhile
    EXPECT_TRUE(eventually([&] { return model->chain()[0].ready; }));
    EXPECT_EQ(served_by(*model), "first");
  }
}

TEST_F(AutoTest, WhatAnEngineDoesNotSupportTheNextDoes) {
  chain();
  first_->refuse_to_prepare(Error(ErrorCode::kUnsupported, "no such operation"));
  const auto model = prepare();
  EXPECT_EQ(model->chain().size(), 1u);
  EXPECT_EQ(served_by(*model), "second");
  EXPECT_EQ(fallbacks(), 0u);
  EXPECT_EQ(fallbacks(Operation::kLoad), 1u);
  second_->refuse_to_prepare(Error(ErrorCode::kUnsupported, "nor here"));
  test::expect_error(engine_->prepare(doubling(), {}), ErrorCode::kUnsupported, "no");
  first_->refuse_to_prepare(Error(ErrorCode::kInternal, "crashed"));
  test::expect_error(engine_->prepare(doubling(), {}), ErrorCode::kInternal, "crashed");
  first_->refuse_to_prepare(Error(ErrorCode::kBadModel, "damaged"));
  second_->refuse_to_prepare({}, 0);
  test::expect_error(engine_->prepare(doubling(), {}), ErrorCode::kBadModel, "damaged");
}

TEST_F(AutoTest, ALoadDoesNotWaitForAnEngineThatHangsInPreparing) {
  chain(false);
  first_->hang_in_prepare(true);
  AutoOptions options;
  options.chain = {ChainLink{first_, {}}, ChainLink{second_, {}}};
  options.telemetry = &telemetry_;
  options.calls = &calls_;
  options.prepare_wait = 5ms;
  engine_ = std::make_unique<AutoEngine>(options);
  const auto model = prepare();
  EXPECT_EQ(fallbacks(Operation::kLoad), 1u);
  EXPECT_EQ(served_by(*model), "second");
  first_->release();
  EXPECT_TRUE(eventually([&] { return model->chain()[0].ready; }));
  EXPECT_EQ(served_by(*model), "first");
}

TEST_F(AutoTest, ACallToAnUnstoppableEngineReadsItsOwnCopyOfTheInputs) {
  chain(false, [](ChainLink& link) { link.keeps_time_for_next = true; });
  const auto model = prepare();
  first_->script({Fault::kHang});
  {
    std::vector<float> callers = {1.5f, -3};  // as a C caller's buffer: gone when the call has returned
    WF_ASSERT_OK_AND_ASSIGN(Tensor view,
                            Tensor::view(DType::kFloat32, {2}, std::as_bytes(std::span(callers)), nullptr));
    EXPECT_TRUE(model->infer(std::vector<Datum>{Datum(std::move(view))}, {}).ok());
  }
  first_->release();  // now it computes; the address sanitizer watches
  EXPECT_TRUE(eventually([&] { return calls_.abandoned() == 0; }));
}

TEST_F(AutoTest, SixteenThreadsSeeOnlyRightAnswersWhateverTheFirstEngineDoes) {
  for (const bool stops : {true, false}) {
    chain(stops, [](ChainLink& link) {
      link.keeps_time_for_next = true;
      link.breaker.now = nullptr;
      link.breaker.first_backoff = 1ms;
      link.breaker.max_backoff = 4ms;
      link.breaker.min_success_rate = 0.5;
    });
    first_->set_delay(100us);
    first_->at_random(7, {{Fault::kError, 0.1},
                          {Fault::kThrow, 0.1},
                          {Fault::kTooFew, 0.1},
                          {Fault::kSlow, 0.1},
                          {Fault::kHang, 0.005}});
    const auto model = prepare();
    std::atomic<uint64_t> by_first{0}, by_second{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 16; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) ++(served_by(*model) == "first" ? by_first : by_second);
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(by_first + by_second, 1600u);
    EXPECT_GT(by_first, 0u);
    EXPECT_GT(by_second, 0u);
    first_->release();
  }
  EXPECT_GT(fallbacks(), 0u);
}

TEST(Auto, IsAnEngineLikeAnyOther) {
  Telemetry telemetry;
  LoadOptions options;
  options.engine = "auto";
  options.telemetry = &telemetry;
  WF_ASSERT_OK_AND_ASSIGN(const Model model,
                          Model::prepare(std::make_shared<const ModelFile>(doubling()), options));
  InferReport report;
  InferOptions infer;
  infer.report = &report;
  WF_ASSERT_OK_AND_ASSIGN(const Features outputs, model.predict({{"x", f32({2}, {1, 2})}}, nullptr, infer));
  expect_near(tensor_of(outputs, "y"), {2}, {2, 4}, 0);
  const std::string first(default_chain(all_engines())[0].engine->name());  // "cpu" where there is no Core ML
  EXPECT_EQ(report.engine, first);
  const auto units = (*find_engine(first))->capabilities().compute_units_actual;
  EXPECT_EQ(telemetry.snapshot().predictions[0][static_cast<size_t>(units)], 1u);
}

TEST(Auto, TheDefaultChainIsWhatThereIs) {
  const FaultEngine coreml(reference_engine(Reading::kTyped), "coreml", false);
  const InferenceEngine* const all[] = {&reference_engine(Reading::kExact),
                                        &reference_engine(Reading::kTyped), *find_engine("cpu"), &coreml};
  ::setenv("COREML_FORCE_ENABLE", "0", 1);
  const auto chain = default_chain(all);
  ::unsetenv("COREML_FORCE_ENABLE");
  ASSERT_EQ(chain.size(), 3u);
  EXPECT_EQ(chain[0].engine->name(), "coreml");
  EXPECT_EQ(chain[0].breaker.forced, std::optional(false));
  EXPECT_EQ(chain[0].breaker.memory_limit, int64_t{2} << 30);
  EXPECT_TRUE(chain[0].keeps_time_for_next && chain[0].must_be_faster);
  EXPECT_EQ(chain[1].engine->name(), "cpu");
  EXPECT_FALSE(chain[1].breaker.forced || chain[1].breaker.memory_limit || chain[1].keeps_time_for_next);
  EXPECT_EQ(chain[2].engine->name(), "reference");
  EXPECT_EQ(default_chain(std::span(all).first(2)).size(), 1u);
}

}  // namespace
}  // namespace wf::test
