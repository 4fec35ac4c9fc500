// Verdicts on given measurements, and measurements of small models whose results do not depend on the
// machine's speed.
#include <limits>

#include "lab/gates/described.h"
#include "lab/gates/load_cycles.h"
#include "lab/gates/service.h"
#include "lab/gates/soak.h"
#include "lab/gates/speed.h"
#include "runtime/cache/cache.h"
#include "runtime/cpu_engine.h"
#include "runtime/models.h"
#include "support/fault_engine.h"

namespace wf::test {
namespace {

std::shared_ptr<const ModelFile> doubling() {
  return std::make_shared<const ModelFile>(doubling_file(array_feature("x", DType::kFloat32, {2}),
                                                         tensor_type(DType::kFloat32, {2}),
                                                         array_feature("y", DType::kFloat32, {2})));
}

const Features kInputs = {{"x", f32({2}, {1, 2})}};

const InferenceEngine& cpu() { return **find_engine("cpu"); }

// The names of the checks that did not pass.
std::vector<std::string> failed(const Verdict& verdict) {
  std::vector<std::string> names;
  for (const Check& check : verdict.checks) {
    if (!check.passed) names.push_back(check.name);
  }
  EXPECT_EQ(verdict.passed(), names.empty());
  return names;
}
using Names = std::vector<std::string>;

TEST(Verdict, PassesOnlyIfEveryCheckDoes) {
  EXPECT_FALSE(Verdict{}.passed());
  EXPECT_TRUE(
      (Verdict{'a', {less("n", 1, 2), at_most("m", 2, 2), at_least("l", 2, 2), holds("h", "")}}).passed());
  EXPECT_EQ(failed({'a', {less("n", 2, 2), at_most("m", 3, 2), at_least("l", 1, 2), holds("h", "no")}}),
            (Names{"n", "m", "l", "h"}));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(failed({'a', {less("n", nan, 2), at_most("m", nan, 2), at_least("l", nan, 2)}}),
            (Names{"n", "m", "l"}));
  EXPECT_EQ(to_string(at_most("p99", 12.5, 20, "ms")), "p99: 12.5 ms, at most 20 ms");
  EXPECT_EQ(to_string(holds("schema", "output 'y' is missing")), "schema: output 'y' is missing");
}

TEST(Verdict, QuantileIsOfTheNearestRank) {
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
  std::vector<double> values;
  for (int i = 100; i > 0; --i) values.push_back(i);
  EXPECT_EQ(quantile(values, 0.99), 99);
  EXPECT_EQ(quantile(values, 0.5), 50);
  EXPECT_EQ(quantile(values, 1), 100);
  EXPECT_EQ(quantile(values, 0), 1);
}

TEST(GateA, JudgesGrowthAndHits) {
  LoadCyclesMeasured measured{.cycles = 100, .resident_growth = 99'999, .hits = 90};
  EXPECT_EQ(failed(judge(measured, {})), Names{});
  measured.hits = 89;
  EXPECT_EQ(failed(judge(measured, {})), Names{"cache_hits"});
  measured = {.cycles = 100, .resident_growth = 100'000, .hits = {}};
  EXPECT_EQ(failed(judge(measured, {})), Names{"resident_growth"});
}

TEST(GateA, LoadsThroughTheCacheInEachCycle) {
  CacheOptions own;
  own.folder = scratch_folder("gate_a_cache");
  LoadCyclesOptions options;
  options.cycles = 5;
  options.warm_up = 0;
  options.load.cache = std::make_shared<Cache>(own);
  const auto model = source_folder() / "demo" / "digits.mlpackage";
  WF_ASSERT_OK_AND_ASSIGN(LoadCyclesMeasured measured, measure_load_cycles(model, options));
  EXPECT_EQ(measured.cycles, 5);
  EXPECT_EQ(measured.hits, 4);  // all but the first, which compiled it
  EXPECT_GT(exact_resident_bytes(), 1 << 20);

  options.load.cache = nullptr;
  WF_ASSERT_OK_AND_ASSIGN(measured, measure_load_cycles(model, options));
  EXPECT_EQ(measured.hits, std::nullopt);
  const auto nothing = measure_load_cycles("no such model", options);
  ASSERT_FALSE(nothing.ok());
  EXPECT_NE(nothing.error().to_string().find("cycle 0"), std::string::npos);
}

TEST(GateB, JudgesEachCondition) {
  Finding good;
  good.name = "y";
  good.passed = true;
  ServiceMeasured measured;
  measured.p99_ms = 20;
  measured.outputs = {good};
  measured.breaker_trips = 0;
  EXPECT_EQ(failed(judge(measured, {})), Names{});

  measured.schema_trouble = "output 'y' is missing";
  measured.timeout = {"answered", 101, "an answer out of budget"};
  measured.p99_ms = 20.1;
  measured.outputs.back().passed = false;
  measured.outputs.back().trouble = "the model has no such output";
  measured.breaker_trips = 1;
  EXPECT_EQ(failed(judge(measured, {})), (Names{"schema", "timeout", "timeout_late", "works_after_timeout",
                                                "p99", "parity", "breaker_trips"}));
  measured.outputs.clear();
  EXPECT_NE(to_string(judge(measured, {}).checks[5]).find("no output"), std::string::npos);
}

TEST(GateB, AGoodModelIsAsDescribedAndStopsAtItsDeadline) {
  for (const std::string engine : {"auto", "cpu", "reference"}) {
    ServiceOptions options;
    options.load.engine = engine;
    options.budget = *find_budget("fp32");
    options.runs = 5;
    WF_ASSERT_OK_AND_ASSIGN(ServiceMeasured measured, measure_service(doubling(), kInputs, options));
    ServiceLimits limits;
    limits.p99_ms = limits.late_ms = 1e9;  // not this test's business
    EXPECT_EQ(failed(judge(measured, limits)), Names{}) << engine << to_json(judge(measured, limits)).dump();
    EXPECT_EQ(measured.breaker_trips.has_value(), engine == "auto");
  }
}

TEST(GateB, WrongNumbersAndMissingOutputsAreFound) {
  FaultEngine faulty(cpu(), "faulty");
  faulty.at_random(1, {{Fault::kWrongOutput, 1}});
  ServiceOptions options;
  options.load.own_engine = &faulty;
  options.budget = *find_budget("fp32");
  options.runs = 2;
  WF_ASSERT_OK_AND_ASSIGN(ServiceMeasured measured, measure_service(doubling(), kInputs, options));
  ServiceLimits limits;
  limits.p99_ms = limits.late_ms = 1e9;
  const Names names = failed(judge(measured, limits));
  EXPECT_EQ(std::ranges::count(names, "parity"), 1);
  EXPECT_EQ(std::ranges::count(names, "works_after_timeout"), 1);
}

TEST(GateB, AnswersAreHeldAgainstTheDescription) {
  const Feature array = array_feature("y", DType::kFloat32, {1, 3});
  EXPECT_EQ(trouble_with(array, f32({3}, {1, 2, 3})), "");
  EXPECT_NE(trouble_with(array, f32({2}, {1, 2})), "");
  EXPECT_NE(trouble_with(array, f16({1, 3}, {1, 2, 3})), "");
  EXPECT_NE(trouble_with(array, Datum(Dict{})), "");

  Feature flexible = array;
  std::get<ArrayFeature>(flexible.type).ranges = {{1, 1}, {2, 4}};
  EXPECT_EQ(trouble_with(flexible, f32({1, 4}, {1, 2, 3, 4})), "");
  EXPECT_NE(trouble_with(flexible, f32({1, 1}, {1})), "");

  const Feature picture = image_feature("p", ColorLayout::kRgb, 2, 1);
  EXPECT_EQ(trouble_with(picture, of(DType::kUInt8, {1, 2, 3}, {1, 2, 3, 4, 5, 6})), "");
  EXPECT_NE(trouble_with(picture, of(DType::kUInt8, {2, 1, 3}, {1, 2, 3, 4, 5, 6})), "");

  Feature label;
  label.name = "label";
  label.type = StringFeature{};
  EXPECT_EQ(trouble_with(label, text("cat")), "");
  EXPECT_NE(trouble_with(label, integer(3)), "");

  Interface interface;
  interface.outputs = {array};
  EXPECT_EQ(trouble_with(interface, {{"y", f32({1, 3}, {1, 2, 3})}}), "");
  EXPECT_EQ(trouble_with(interface, {}), "output 'y' is missing");
  EXPECT_NE(trouble_with(interface, {{"y", f32({1, 3}, {1, 2, 3})}, {"z", f32({1}, {1})}}), "");
}

TEST(GateC, JudgesTheRatioAndWhoServed) {
  SpeedMeasured measured{
      .runs = 10, .p99_ms = 7, .baseline_p99_ms = 10, .served_by = {{"cpu on cpu_only", 10}}};
  EXPECT_EQ(failed(judge(measured, {.engine = "cpu", .compute_units = {}})), Names{});
  EXPECT_EQ(failed(judge(measured, {.engine = "cpu", .compute_units = ComputeUnits::kAll})),
            Names{"dispatch"});
  measured.p99_ms = 7.1;
  measured.served_by = {{"cpu on cpu_only", 9}, {"reference on cpu_only", 1}};
  const Verdict verdict = judge(measured, {.engine = "cpu", .compute_units = {}});
  EXPECT_EQ(failed(verdict), (Names{"p99_ratio", "dispatch"}));
  EXPECT_EQ(verdict.checks[1].detail, "1 of 10 calls were served by reference on cpu_only");
}

TEST(GateC, SeesWhoServed) {
  SpeedOptions options;
  options.engine = "auto";
  options.runs = 4;
  WF_ASSERT_OK_AND_ASSIGN(SpeedMeasured measured, measure_speed(doubling(), kInputs, options));
  ASSERT_EQ(measured.served_by.size(), 1u);
  EXPECT_EQ(measured.served_by.begin()->second, 4);
  EXPECT_GT(measured.baseline_p99_ms, 0);
}

// A soak of a hundred seconds with a tick at each.
SoakMeasured quiet_soak() {
  SoakMeasured measured;
  measured.seconds = 100;
  measured.calls = measured.right = 1000;
  for (int i = 1; i <= 100; ++i)
    measured.ticks.push_back({.at_s = static_cast<double>(i),
                              .calls = 10,
                              .p50_ms = 4,
                              .p99_ms = 5,
                              .cpu_ms = 3,
                              .resident_bytes = 50'000'000});
  return measured;
}

TEST(GateD, JudgesAnswersAndTime) {
  SoakMeasured measured = quiet_soak();
  EXPECT_EQ(failed(judge(measured, {})), Names{});
  measured.right = 980;
  measured.wrong = 1;
  measured.unclear_errors = 1;
  measured.clear_errors = 18;
  measured.worst_late_ms = 101;
  measured.first_wrong = "wrong answer: y";
  const Verdict verdict = judge(measured, {});
  EXPECT_EQ(failed(verdict), (Names{"wrong_answers", "unclear_errors", "answered", "worst_late"}));
  EXPECT_EQ(verdict.checks[0].detail, "wrong answer: y");
}

TEST(GateD, ExcusesTheFaultsPutInOnPurpose) {
  SoakMeasured measured = quiet_soak();
  measured.right = 900;
  measured.clear_errors = 100;
  measured.errors = {{"environment", 95}, {"deadline_exceeded", 5}};
  EXPECT_EQ(failed(judge(measured, {})), Names{"answered"});
  EXPECT_EQ(failed(judge(measured, {.excused = {"environment"}})), Names{});  // 900 of 905
  measured.right = 890;
  EXPECT_EQ(failed(judge(measured, {.excused = {"environment"}})), Names{"answered"});
}

TEST(GateD, JudgesTheLastTenthAgainstTheFirst) {
  SoakMeasured measured = quiet_soak();
  measured.ticks[50].resident_bytes = 900'000'000;  // in between is no drift
  measured.ticks[99].p50_ms = 100;                  // one tick is none
  EXPECT_EQ(failed(judge(measured, {})), Names{});
  for (size_t i = 90; i < 100; ++i) {
    measured.ticks[i].resident_bytes += 17'000'000;
    measured.ticks[i].p50_ms = 5.1;
    measured.ticks[i].cpu_ms = 3.8;
  }
  EXPECT_EQ(failed(judge(measured, {})), (Names{"resident_growth", "latency_drift", "processor_drift"}));

  // What grows while it warms up is no drift, either.
  measured = quiet_soak();
  measured.warm_up_s = 10;
  for (size_t i = 0; i < 10; ++i) measured.ticks[i].resident_bytes = 1'000'000;
  EXPECT_EQ(failed(judge(measured, {})), Names{});
  // Nothing measured is nothing shown.
  measured.ticks.clear();
  EXPECT_EQ(failed(judge(measured, {})), (Names{"resident_growth", "latency_drift", "processor_drift"}));
}

TEST(GateD, EveryCallIsCountedAsRightWrongOrAnError) {
  FaultEngine faulty(cpu(), "faulty");
  faulty.set_error(Error(ErrorCode::kRuntime, "as told"));
  faulty.at_random(1, {{Fault::kWrongOutput, 0.2}, {Fault::kError, 0.2}, {Fault::kTooFew, 0.0}});
  SoakOptions options;
  options.load.own_engine = &faulty;
  options.budget = *find_budget("fp32");
  options.duration = std::chrono::milliseconds(200);
  options.deadline = std::chrono::hours(1);
  int ticks = 0;
  options.on_tick = [&ticks](const Json& tick) {
    ticks += 1;
    EXPECT_EQ(tick["event"], "tick");
  };
  WF_ASSERT_OK_AND_ASSIGN(SoakMeasured measured,
                          measure_soak(doubling(), {kInputs, {{"x", f32({2}, {3, 4})}}}, options));
  EXPECT_EQ(measured.calls, faulty.calls());
  EXPECT_EQ(measured.wrong, faulty.faults(Fault::kWrongOutput));
  EXPECT_EQ(measured.clear_errors, faulty.faults(Fault::kError));
  EXPECT_EQ(measured.right, faulty.faults(Fault::kNone));
  EXPECT_EQ(measured.unclear_errors, 0u);
  EXPECT_EQ(measured.worst_late_ms, 0);
  EXPECT_EQ(static_cast<size_t>(ticks), measured.ticks.size());
  EXPECT_GT(ticks, 0);
}

TEST(GateD, AnInternalErrorIsUnclear) {
  FaultEngine faulty(cpu(), "faulty");
  faulty.at_random(1, {{Fault::kError, 1}});  // kInternal
  SoakOptions options;
  options.load.own_engine = &faulty;
  options.budget = *find_budget("fp32");
  options.duration = std::chrono::milliseconds(50);
  WF_ASSERT_OK_AND_ASSIGN(SoakMeasured measured, measure_soak(doubling(), {kInputs}, options));
  EXPECT_EQ(measured.unclear_errors, measured.calls);
  EXPECT_NE(measured.first_wrong.find("unclear error"), std::string::npos);
}

}  // namespace
}  // namespace wf::test
