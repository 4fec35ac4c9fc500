#include "runtime/telemetry/telemetry.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "runtime/models.h"
#include "runtime/prometheus_check.h"

namespace wf::test {
namespace {

using nlohmann::json;

size_t index_of(FailureKind kind) { return static_cast<size_t>(kind); }
uint64_t failures(const TelemetrySnapshot& snapshot, Operation operation, FailureKind kind) {
  return snapshot.failures[static_cast<size_t>(operation)][index_of(kind)];
}
uint64_t done(const TelemetrySnapshot& snapshot, Operation operation) {
  return snapshot.operation_ms[static_cast<size_t>(operation)].count();
}

ModelFile doubling() {
  return doubling_file(array_feature("x", DType::kFloat32, {2}), tensor_type(DType::kFloat32, {2}),
                       array_feature("y", DType::kFloat32, {2}));
}

Result<Model> recorded_in(Telemetry& telemetry, ModelFile file, const std::string& engine = any_engine()) {
  LoadOptions options;
  options.engine = engine;
  options.telemetry = &telemetry;
  return Model::prepare(std::make_shared<const ModelFile>(std::move(file)), options);
}

TEST(Telemetry, ModelsRecordWhatTheyDo) {
  Telemetry telemetry;
  WF_ASSERT_OK_AND_ASSIGN(const Model model, recorded_in(telemetry, doubling()));
  for (int i = 0; i < 3; ++i) WF_ASSERT_OK(model.predict({{"x", f32({2}, {1, 2})}}));
  EXPECT_FALSE(model.predict({}).ok());
  InferOptions late;
  late.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  EXPECT_FALSE(model.predict({{"x", f32({2}, {1, 2})}}, nullptr, late).ok());
  LoadOptions unknown;
  unknown.engine = "no such";
  unknown.telemetry = &telemetry;
  EXPECT_FALSE(Model::load("nowhere.mlmodel", unknown).ok());

  const TelemetrySnapshot snapshot = telemetry.snapshot();
  EXPECT_EQ(done(snapshot, Operation::kLoad), 1u);
  EXPECT_EQ(done(snapshot, Operation::kPredict), 3u);
  EXPECT_EQ(done(snapshot, Operation::kCompile), 0u);
  for (const QuantileSketch& stage : snapshot.stage_ms) EXPECT_EQ(stage.count(), 3u);
  EXPECT_GT(snapshot.operation_ms[2].min(), 0);
  EXPECT_NEAR(snapshot.operation_ms[2].sum(),
              snapshot.stage_ms[0].sum() + snapshot.stage_ms[1].sum() + snapshot.stage_ms[2].sum(), 1e-9);
  EXPECT_EQ(failures(snapshot, Operation::kPredict, FailureKind::kSchemaMismatch), 1u);
  EXPECT_EQ(failures(snapshot, Operation::kPredict, FailureKind::kTimeout), 1u);
  EXPECT_EQ(failures(snapshot, Operation::kLoad, FailureKind::kLoadError), 1u);
  // All asked for; the CPU alone is used, but by Core ML.
  const auto used = static_cast<int>((*find_engine(any_engine()))->capabilities().compute_units_actual);
  EXPECT_EQ(snapshot.predictions[0][used], 3u);
  EXPECT_EQ(snapshot.dispatch_percent(used), 100);
  EXPECT_EQ(snapshot.dispatch_percent(3), 0);
  EXPECT_GT(snapshot.resident_bytes, 1 << 20);
  EXPECT_GE(snapshot.peak_resident_bytes, snapshot.resident_bytes);
  EXPECT_GE(snapshot.peak_tensor_bytes, snapshot.tensor_bytes);
}

TEST(Telemetry, APipelineCountsOnce) {
  WF_OWN_ENGINES_ONLY("this pipeline is in no file that it could be given");
  ModelFile pipeline;
  pipeline.type = "pipeline";
  pipeline.description.interface = doubling().description.interface;
  pipeline.parts = {doubling()};
  Telemetry telemetry;
  const TelemetrySnapshot before = Telemetry::process().snapshot();
  WF_ASSERT_OK_AND_ASSIGN(const Model model, recorded_in(telemetry, pipeline));
  WF_ASSERT_OK(model.predict({{"x", f32({2}, {1, 2})}}));
  EXPECT_EQ(done(telemetry.snapshot(), Operation::kLoad), 1u);
  EXPECT_EQ(done(telemetry.snapshot(), Operation::kPredict), 1u);
  const TelemetrySnapshot after = Telemetry::process().snapshot();
  EXPECT_EQ(done(after, Operation::kPredict), done(before, Operation::kPredict));
}

TEST(Telemetry, EveryErrorHasItsKind) {
  using enum ErrorCode;
  for (const ErrorCode code : {kInvalidArgument, kNotFound, kBadModel, kUnsupported, kEnvironment,
                               kWeightsMissing, kRuntime, kInternal}) {
    EXPECT_EQ(failure_kind(Operation::kCompile, code), FailureKind::kCompileError);
    EXPECT_EQ(failure_kind(Operation::kLoad, code), FailureKind::kLoadError);
    const FailureKind expected = code == kInvalidArgument || code == kNotFound ? FailureKind::kSchemaMismatch
                                 : code == kEnvironment                        ? FailureKind::kMemoryPressure
                                                                               : FailureKind::kRuntimeError;
    EXPECT_EQ(failure_kind(Operation::kPredict, code), expected) << name_of(code);
  }
  for (const Operation operation : {Operation::kCompile, Operation::kLoad, Operation::kPredict})
    EXPECT_EQ(failure_kind(operation, kDeadlineExceeded), FailureKind::kTimeout);
}

TEST(Telemetry, SixteenThreadsLoseNothing) {
  constexpr size_t kThreads = 16;
  constexpr uint64_t kEach = 5000;
  Telemetry telemetry;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&telemetry, t] {
      for (uint64_t i = 0; i < kEach; ++i) {
        telemetry.record_prediction({1, 2, 3}, ComputeUnits::kAll,
                                    t % 4 == 0 ? ComputeUnits::kCpuAndNe : ComputeUnits::kCpuOnly);
        telemetry.record_failure(Operation::kPredict, Error(ErrorCode::kRuntime, "x"));
        telemetry.record_fallback(Operation::kPredict, "a", "b", "c");
        telemetry.record_cache_hit();
        telemetry.record_cache_miss();
        telemetry.record_cache_eviction(10);
        if (i % 100 == 0) (void)telemetry.snapshot();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const TelemetrySnapshot snapshot = telemetry.snapshot();
  constexpr uint64_t kAll = kThreads * kEach;
  EXPECT_EQ(done(snapshot, Operation::kPredict), kAll);
  EXPECT_EQ(snapshot.operation_ms[2].sum(), 6.0 * kAll);
  EXPECT_EQ(snapshot.stage_ms[1].sum(), 2.0 * kAll);
  EXPECT_EQ(snapshot.failures_of(FailureKind::kRuntimeError), kAll);
  EXPECT_EQ(snapshot.failures_of(FailureKind::kFallback), kAll);
  EXPECT_EQ(snapshot.cache_hits, kAll);
  EXPECT_EQ(snapshot.cache_misses, kAll);
  EXPECT_EQ(snapshot.cache_evictions, kAll);
  EXPECT_EQ(snapshot.cache_evicted_bytes, 10 * kAll);
  EXPECT_EQ(snapshot.dispatch_percent(static_cast<int>(ComputeUnits::kCpuAndNe)), 25);
}

// Something of everything.
void record_all(Telemetry& telemetry) {
  telemetry.record_compile(100);
  telemetry.record_load(20);
  for (int i = 1; i <= 100; ++i) {
    telemetry.record_prediction({0, static_cast<double>(i), 0}, ComputeUnits::kAll,
                                i <= 75 ? ComputeUnits::kCpuAndNe : ComputeUnits::kCpuOnly);
  }
  telemetry.record_failure(Operation::kPredict, Error(ErrorCode::kDeadlineExceeded, "late"));
  telemetry.record_fallback(Operation::kPredict, "coreml", "cpu", "it said \"no\"\n");
  telemetry.record_cache_hit("k");
  telemetry.record_cache_eviction(4096, "budget", "k");
  telemetry.record_breaker_made();
  telemetry.record_breaker_made();
  telemetry.record_breaker_transition(BreakerState::kClosed, BreakerState::kOpen, "coreml");
  telemetry.record_breaker_trip(TripReason::kSlaViolations, "4 of the last 100", "coreml");
  telemetry.record_breaker_probe();
  telemetry.record_abandoned_call("coreml");
}

TEST(Telemetry, PrometheusTextKeepsTheRules) {
  Telemetry empty;
  auto samples = checked_prometheus(to_prometheus(empty.snapshot()));
  EXPECT_TRUE(
      std::isnan(samples.at("windfall_operation_duration_seconds{operation=\"load\",quantile=\"0.5\"}")));

  Telemetry telemetry;
  record_all(telemetry);
  samples = checked_prometheus(to_prometheus(telemetry.snapshot()));
  const auto near = [&](const std::string& series, double value) {
    EXPECT_NEAR(samples.at(series), value, value * 0.0101) << series;
  };
  near("windfall_operation_duration_seconds{operation=\"predict\",quantile=\"0.5\"}", 0.050);
  near("windfall_operation_duration_seconds{operation=\"predict\",quantile=\"0.95\"}", 0.095);
  near("windfall_operation_duration_seconds{operation=\"predict\",quantile=\"0.99\"}", 0.099);
  near("windfall_operation_duration_seconds_sum{operation=\"predict\"}", 5.050);
  near("windfall_stage_duration_seconds{stage=\"predict\",quantile=\"0.5\"}", 0.050);
  EXPECT_EQ(samples.at("windfall_operation_duration_seconds_count{operation=\"compile\"}"), 1);
  EXPECT_EQ(samples.at("windfall_predictions_total{requested=\"all\",actual=\"cpu_and_ne\"}"), 75);
  EXPECT_EQ(samples.at("windfall_dispatch_ratio{units=\"cpu_and_ne\"}"), 0.75);
  EXPECT_EQ(samples.at("windfall_failures_total{operation=\"predict\",kind=\"Timeout\"}"), 1);
  EXPECT_EQ(samples.at("windfall_failures_total{operation=\"predict\",kind=\"Fallback\"}"), 1);
  EXPECT_EQ(samples.at("windfall_breakers{state=\"open\"}"), 1);
  EXPECT_EQ(samples.at("windfall_breakers{state=\"closed\"}"), 1);
  EXPECT_EQ(samples.at("windfall_breaker_transitions_total{to=\"open\"}"), 1);
  EXPECT_EQ(samples.at("windfall_breaker_trips_total{reason=\"sla_violations\"}"), 1);
  EXPECT_EQ(samples.at("windfall_breaker_probes_total"), 1);
  EXPECT_EQ(samples.at("windfall_cache_evicted_bytes_total"), 4096);
  EXPECT_EQ(samples.at("windfall_abandoned_calls_outstanding"), 1);
  EXPECT_GT(samples.at("windfall_resident_memory_bytes"), 1 << 20);
}

TEST(Telemetry, JsonAndSummaryTellTheSame) {
  Telemetry telemetry;
  record_all(telemetry);
  const json told = json::parse(to_json(telemetry.snapshot()));
  EXPECT_EQ(told["quantile_relative_error"], 0.01);
  EXPECT_EQ(told["operations"]["predict"]["count"], 100);
  EXPECT_NEAR(told["operations"]["predict"]["p95_ms"].get<double>(), 95, 0.96);
  EXPECT_EQ(told["operations"]["predict"]["failures"]["Timeout"], 1);
  EXPECT_EQ(told["stages"]["marshal_in"]["count"], 100);
  EXPECT_EQ(told["compute_units"].size(), 2u);
  EXPECT_EQ(told["dispatch_percent"]["cpu_only"], 25);
  EXPECT_EQ(told["breaker"]["breakers"]["open"], 1);
  EXPECT_EQ(told["breaker"]["trips"]["sla_violations"], 1);
  EXPECT_EQ(told["cache"]["evicted_bytes"], 4096);
  EXPECT_EQ(told["abandoned_calls"]["now"], 1);
  const std::string summary = to_summary(telemetry.snapshot());
  for (const char* words : {"predict  100 done: p50", "1 Timeout, 1 Fallback", "25.0 % cpu_only",
                            "1 closed, 1 open; trips: 1 sla_violations", "1 hits, 0 misses, 1 evictions"})
    EXPECT_NE(summary.find(words), std::string::npos) << words << " in\n" << summary;
  EXPECT_EQ(to_summary(Telemetry().snapshot()).find("predict"), std::string::npos);
}

std::vector<json> lines_of(const std::filesystem::path& path) {
  std::vector<json> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
  return lines;
}

TEST(Telemetry, TheLogHasAnObjectPerEvent) {
  const auto path = scratch_folder("telemetry_log") / "events.jsonl";
  Telemetry telemetry;
  WF_ASSERT_OK(telemetry.log_to(path));
  record_all(telemetry);
  WF_ASSERT_OK_AND_ASSIGN(const Model model, recorded_in(telemetry, doubling()));
  WF_ASSERT_OK(model.predict({{"x", f32({2}, {1, 2})}}));
  EXPECT_FALSE(model.predict({}).ok());
  const std::vector<json> lines = lines_of(path);
  ASSERT_EQ(lines.size(), 112u);
  EXPECT_EQ(lines[0]["event"], "compile");
  EXPECT_EQ(lines[0]["time"].get<std::string>().size(), std::string("2026-11-21T21:09:56.123456Z").size());
  EXPECT_EQ(lines[2]["actual"], "cpu_and_ne");
  EXPECT_EQ(lines[103]["why"], "it said \"no\"\n");
  EXPECT_EQ(lines[110]["event"], "predict");
  EXPECT_EQ(lines[110]["engine"], any_engine());
  EXPECT_EQ(lines[110]["model"], "test.mlpackage");
  EXPECT_EQ(lines[111]["kind"], "SchemaMismatch");
  EXPECT_NE(lines[111]["message"].get<std::string>().find("input 'x'"), std::string::npos);

  Telemetry nowhere;
  expect_error(nowhere.log_to("/no/such/folder/log"), ErrorCode::kEnvironment, "/no/such/folder/log");
}

TEST(Telemetry, LinesOfManyThreadsDoNotMix) {
  const auto path = scratch_folder("telemetry_threads") / "events.jsonl";
  Telemetry telemetry;
  WF_ASSERT_OK(telemetry.log_to(path));
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&telemetry] {
      for (int i = 0; i < 100; ++i)
        telemetry.record_failure(Operation::kLoad, Error(ErrorCode::kBadModel, std::string(500, 'x')));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lines_of(path).size(), 1600u);
}

}  // namespace
}  // namespace wf::test
