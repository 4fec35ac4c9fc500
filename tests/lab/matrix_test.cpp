// The matrix: what a manifest says, what is measured, what is called slower, and what is drawn.
#include <fstream>

#include "cli/small_models.h"
#include "lab/matrix/calibration.h"
#include "lab/matrix/regression.h"
#include "lab/matrix/run.h"
#include "lab/matrix/trend.h"

namespace wf::test {
namespace {

MatrixManifest manifest_of(const std::string& json, std::string_view folder) {
  const auto path = scratch_folder(folder) / "manifest.json";
  std::ofstream(path) << json;
  auto manifest = read_matrix_manifest(path);
  EXPECT_TRUE(manifest.ok()) << manifest.error().to_string();
  return manifest ? *std::move(manifest) : MatrixManifest();
}

MatrixCell doubling_cell(const std::string& folder) {
  MatrixCell cell;
  cell.id = "double/authored/default/cpu/all";
  cell.model = "double";
  cell.engine = "cpu";
  cell.path = save_doubling_model(scratch_folder(folder));
  return cell;
}
const MatrixOptions kQuick{.reference = "reference", .runs = 3, .warm_up = 0};

TEST(MatrixManifest, IsAllCombinations) {
  const MatrixManifest manifest = manifest_of(R"({
    "engines": ["cpu", "reference"], "runs": 7, "warm_up": 0, "tolerance_percent": 2.5,
    "models": [
      {"name": "a", "precisions": {"fp32": "a32.mlpackage", "fp16": "/abs/a16.mlpackage"},
       "shapes": [{"x": [1, 3], "w": [2]}, {}], "seed": 9, "budget": "fp16"},
      {"name": "b", "path": "b.mlmodel", "engines": ["auto"], "compute_units": ["cpu_only", "cpu_and_ne"],
       "schema_sha256": "ab", "function": "f"}]})",
                                              "matrix_manifest");
  std::vector<std::string> ids;
  for (const MatrixCell& cell : manifest.cells) ids.push_back(cell.id);
  EXPECT_EQ(ids,
            (std::vector<std::string>{
                "a/fp32/w=2,x=1x3/cpu/all", "a/fp32/w=2,x=1x3/reference/all", "a/fp32/default/cpu/all",
                "a/fp32/default/reference/all", "a/fp16/w=2,x=1x3/cpu/all", "a/fp16/w=2,x=1x3/reference/all",
                "a/fp16/default/cpu/all", "a/fp16/default/reference/all", "b/authored/default/auto/cpu_only",
                "b/authored/default/auto/cpu_and_ne"}));
  EXPECT_EQ(manifest.runs, 7);
  EXPECT_EQ(manifest.tolerance_percent, 2.5);
  EXPECT_EQ(manifest.cells[0].path, scratch_folder("matrix_manifest") / "a32.mlpackage");
  EXPECT_EQ(manifest.cells[4].path, "/abs/a16.mlpackage");
  EXPECT_EQ(manifest.cells[0].shapes.at("x"), (Shape{1, 3}));
  EXPECT_EQ(manifest.cells[0].seed, 9u);
  EXPECT_EQ(manifest.cells[8].compute_units, ComputeUnits::kCpuOnly);
  EXPECT_EQ(manifest.cells[9].schema_sha256, "ab");
  EXPECT_EQ(manifest.cells[9].function, "f");
}

TEST(MatrixManifest, WhatIsWrongIsNamed) {
  const auto error = [](const std::string& json) {
    const auto path = scratch_folder("matrix_wrong") / "manifest.json";
    std::ofstream(path) << json;
    const auto manifest = read_matrix_manifest(path);
    return manifest ? "" : manifest.error().to_string();
  };
  const auto model = [](const std::string& rest) { return R"({"models": [{"name": "a")" + rest + "}]}"; };
  for (const auto& [json, words] : std::vector<std::pair<std::string, std::string>>{
           {"{", "no JSON document"},
           {"[]", "expected an object"},
           {R"({"models": []})", "a list of models"},
           {R"({"modles": []})", "no key 'modles'"},
           {R"({"models": [{"path": "x"}]})", "needs a \"name\""},
           {model(""), "either \"path\""},
           {model(R"(, "path": "x", "precisions": {})"), "either \"path\""},
           {model(R"(, "path": 3)"), "expected a text"},
           {model(R"(, "path": "x", "engines": [])"), "list of texts"},
           {model(R"(, "path": "x", "engines": ["cpu", "cpu"])"), "'cpu' twice"},
           {model(R"(, "path": "x", "compute_units": ["moon"])"), "no 'moon'"},
           {model(R"(, "path": "x", "shapes": [{"x": [0]}])"), "at least 1"},
           {model(R"(, "path": "x", "shapes": [{"x": 3}])"), "expected sizes"},
           {model(R"(, "path": "x", "shapes": [{}, {}])"), "twice"},
           {model(R"(, "path": "x", "budget": "huge")"), "no budget 'huge'"},
           {model(R"(, "path": "x", "seed": -1)"), "at least 0"},
           {R"({"runs": 0, "models": []})", "at least 1"}})
    EXPECT_NE(error(json).find(words), std::string::npos) << json << "\n" << error(json);
}

TEST(MatrixCell, IsMeasured) {
  const auto result = measure_cell(doubling_cell("matrix_measured"), kQuick);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->status, CellStatus::kOk) << result->trouble;
  ASSERT_TRUE(result->times.has_value());
  EXPECT_GT(result->times->p50_ms, 0);
  EXPECT_LE(result->times->p50_ms, result->times->p99_ms);
  EXPECT_GT(result->times->relative(), 0);
  EXPECT_GT(result->load_ms, 0);
  EXPECT_EQ(result->worst_rel, 0);
  EXPECT_EQ(result->served_by, (std::map<std::string, int64_t>{{"cpu on cpu_only", 3}}));
  EXPECT_EQ(result->schema_sha256.size(), 64u);
  EXPECT_GT(calibration_ms(), 0);
}

TEST(MatrixCell, FailuresAreItsStatus) {
  const MatrixCell good = doubling_cell("matrix_fails");
  const auto status = [](const MatrixCell& cell, std::string_view words) {
    const auto result = measure_cell(cell, kQuick);
    EXPECT_TRUE(result.ok());
    EXPECT_NE(result->trouble.find(words), std::string::npos) << result->trouble;
    EXPECT_FALSE(result->times.has_value());
    return name_of(result->status);
  };
  MatrixCell cell = good;
  cell.path = "no-such.mlpackage";
  EXPECT_EQ(status(cell, "no-such.mlpackage"), "load_failed");
  cell = good;
  cell.engine = "warp";
  EXPECT_EQ(status(cell, "warp"), "load_failed");
  cell = good;
  cell.schema_sha256 = "0";
  EXPECT_EQ(status(cell, "recorded was 0"), "schema_mismatch");
  cell = good;
  cell.shapes = {{"z", {1}}};
  EXPECT_EQ(status(cell, "no array 'z'"), "schema_mismatch");
  cell = good;
  cell.shapes = {{"x", {3}}};
  EXPECT_EQ(status(cell, "given fp32 [3]"), "predict_failed");
  const auto result = measure_cell(good, {.reference = "warp", .runs = 1});
  EXPECT_EQ(name_of(result->status), "parity_failed");
  const std::atomic<bool> cancelled{true};
  EXPECT_FALSE(measure_cell(good, {.runs = 1, .cancelled = &cancelled}).ok());
  EXPECT_EQ(name_of(CellStatus::kSkipped), "skipped");
}

TEST(MatrixCell, TheSchemaIsNamesTypesAndShapes) {
  Interface a, b;
  a.inputs = {array_feature("x", DType::kFloat32, {2})};
  b = a;
  b.inputs[0].doc = "other words";
  EXPECT_EQ(schema_sha256(a), schema_sha256(b));
  b.inputs[0].name = "y";
  EXPECT_NE(schema_sha256(a), schema_sha256(b));
  b = a;
  std::get<ArrayFeature>(b.inputs[0].type).shape = {3};
  EXPECT_NE(schema_sha256(a), schema_sha256(b));
  std::swap(b.inputs, b.outputs);
  b.outputs = a.inputs;
  EXPECT_NE(schema_sha256(a), schema_sha256(b));
}

TEST(MatrixSpeed, SlowerIsMeasuredAgainAndEveryTimeSlowerIsARegression) {
  const auto judge = [](double first, std::vector<double> others) {
    size_t next = 0;
    const auto again = [&]() -> Result<double> { return others.at(next++); };
    const auto verdict = judge_speed(first, 10, 5, again, nullptr);
    EXPECT_TRUE(verdict.ok());
    EXPECT_EQ(verdict->measurements, static_cast<int>(1 + next));
    EXPECT_EQ(next, others.size()) << "no more and no fewer than needed";
    return *verdict;
  };
  EXPECT_FALSE(judge(10.5, {}).regression);
  EXPECT_FALSE(judge(8, {}).regression);
  EXPECT_FALSE(judge(12, {10.4}).regression) << "it was the machine";
  EXPECT_FALSE(judge(12, {13, 10}).regression);
  const SpeedVerdict slower = judge(12, {11, 13});
  EXPECT_TRUE(slower.regression);
  EXPECT_DOUBLE_EQ(slower.ratio, 1.1);
}

TEST(MatrixSpeed, TheOlderProgramDecidesWhereItIsAtHand) {
  const auto judge = [](std::vector<double> ratios) {
    size_t next = 0;
    const auto never = []() -> Result<double> {
      ADD_FAILURE();
      return 0.;
    };
    return *judge_speed(12, 10, 5, never, [&]() -> Result<double> { return ratios.at(next++); });
  };
  EXPECT_FALSE(judge({1.5, 1.01, 0.9}).regression) << "the median";
  EXPECT_TRUE(judge({1.5, 1.07, 0.9}).regression);
  EXPECT_FALSE(judge_speed(12, 10, 5, nullptr, []() -> Result<double> {
                 return Error(ErrorCode::kEnvironment, "gone");
               }).ok());
}

TEST(MatrixArchive, DatesAreSeconds) {
  EXPECT_EQ(*seconds_of_date("1970-01-02"), 86400);
  EXPECT_EQ(*seconds_of_date("2026-11-22T03:04Z"), 1795316640);
  EXPECT_EQ(*seconds_of_date("2026-11-22T03:04:05Z"), 1795316645);
  EXPECT_TRUE(seconds_of_date(date_now()).ok());
  for (const char* wrong : {"", "yesterday", "2026-13-01", "2026-02-30", "2026-11-22T25:00Z",
                            "2026-11-22 03:00", "2026-11-22T03:04:05Zebra"})
    EXPECT_FALSE(seconds_of_date(wrong).ok()) << wrong;
}

Json cell_line(double relative, const std::string& status = "ok", bool regression = false) {
  return {{"event", "cell"},          {"cell", "m"},
          {"status", status},         {"relative", relative},
          {"p50_ms", relative / 2},   {"p95_ms", 1e3},
          {"regression", regression}, {"served_by", {{"cpu on all", 3}}}};
}
ArchivedRun run_of(const std::string& date, Json cell, Json machine = this_machine()) {
  ArchivedRun run;
  run.date = date;
  run.seconds = *seconds_of_date(date);
  run.machine = machine;
  run.header = {
      {"event", "run"}, {"schema", "windfall.matrix/1"}, {"date", date}, {"machine", std::move(machine)}};
  run.cells = {std::move(cell)};
  return run;
}

TEST(MatrixArchive, WrittenAndReadInTheOrderOfDates) {
  const auto folder = scratch_folder("matrix_archive") / "new";
  EXPECT_TRUE(read_archives(folder)->empty());
  for (const char* date : {"2026-11-22T03:00:00Z", "2026-11-21"}) {
    MatrixRun run;
    run.run = run_of(date, cell_line(1));
    run.failures = {"m"};
    ASSERT_TRUE(write_archive(folder, date, run.lines()).ok());
    EXPECT_FALSE(write_archive(folder, date, run.lines()).ok()) << "never overwritten";
  }
  const auto runs = read_archives(folder);
  ASSERT_TRUE(runs.ok()) << runs.error().to_string();
  ASSERT_EQ(runs->size(), 2u);
  EXPECT_EQ((*runs)[0].date, "2026-11-21");
  EXPECT_EQ((*(*runs)[1].find("m"))["relative"], 1);
  EXPECT_EQ((*runs)[1].find("n"), nullptr);
  for (const char* damage : {"", "{\"event\":\"cell\"}\n", "{\"event\":\"run\"}\n", "half a li"}) {
    std::ofstream(folder / "bad.jsonl") << damage;
    const auto error = read_archives(folder);
    ASSERT_FALSE(error.ok()) << damage;
    EXPECT_NE(error.error().to_string().find("bad.jsonl"), std::string::npos);
  }
}

TEST(MatrixArchive, TheBaselineIsTheLastTimeAllWasWellOnThisMachine) {
  Json other = this_machine();
  other["processor"] = "another";
  const std::vector<ArchivedRun> runs = {
      run_of("2026-11-01", cell_line(1)), run_of("2026-11-02", cell_line(2)),
      run_of("2026-11-03", cell_line(3, "parity_failed")), run_of("2026-11-04", cell_line(4, "ok", true)),
      run_of("2026-11-05", cell_line(5), other)};
  const Json* baseline = baseline_of("m", runs, this_machine());
  ASSERT_NE(baseline, nullptr);
  EXPECT_EQ((*baseline)["relative"], 2);
  EXPECT_EQ(baseline_of("n", runs, this_machine()), nullptr);
}

TEST(MatrixRun, ComparesWithWhatWas) {
  MatrixManifest manifest;
  manifest.runs = 2;
  manifest.warm_up = 0;
  manifest.cells = {doubling_cell("matrix_run")};
  MatrixRunOptions options;
  options.date = "2026-11-22";
  const auto first = run_matrix(manifest, {}, options);
  ASSERT_TRUE(first.ok()) << first.error().to_string();
  EXPECT_TRUE(first->failures.empty() && first->regressions.empty());
  EXPECT_FALSE(first->run.cells[0].contains("ratio"));

  // As if it had been a million times faster, or slower, before.
  ArchivedRun before = first->run;
  const double relative = before.cells[0]["relative"];
  before.cells[0]["relative"] = relative * 1e-6;
  const auto slower = run_matrix(manifest, {before}, options);
  ASSERT_TRUE(slower.ok());
  EXPECT_EQ(slower->regressions, (std::vector<std::string>{manifest.cells[0].id}));
  EXPECT_EQ(slower->run.cells[0]["measurements"], 1 + kReruns);
  options.pair = [](const MatrixCell&, const MatrixOptions&) -> Result<double> { return 1.; };
  EXPECT_TRUE(run_matrix(manifest, {before}, options)->regressions.empty()) << "the older program is as slow";
  before.cells[0]["relative"] = relative * 1e6;
  const auto faster = run_matrix(manifest, {before}, options);
  EXPECT_EQ(faster->run.cells[0]["measurements"], 1);
  EXPECT_TRUE(faster->regressions.empty());

  // Another schema than last time.
  before.cells[0]["schema_sha256"] = "0";
  const auto changed = run_matrix(manifest, {before}, options);
  EXPECT_EQ(changed->failures, (std::vector<std::string>{manifest.cells[0].id}));
  manifest.cells[0].schema_sha256 = first->run.cells[0]["schema_sha256"].get<std::string>();
  EXPECT_TRUE(run_matrix(manifest, {before}, options)->failures.empty()) << "recorded: it is meant";

  options.only = {"nothing"};
  EXPECT_FALSE(run_matrix(manifest, {}, options).ok());
}

TEST(MatrixTrend, DrawsALineForEachCell) {
  Json other = cell_line(40);
  other["cell"] = "<other> & \"one\"";
  ArchivedRun last = run_of("2026-11-05", cell_line(4, "ok", true));
  last.cells.push_back(other);
  const std::vector<ArchivedRun> runs = {run_of("2026-11-01", cell_line(1)),
                                         run_of("2026-11-03", cell_line(2)), last,
                                         run_of("2026-11-06", cell_line(9), "another machine")};
  const std::string svg = trend_svg(runs, this_machine());
  const auto count = [&](std::string_view what) {
    int n = 0;
    for (size_t at = svg.find(what); at != std::string::npos; at = svg.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("<polyline"), 2);
  EXPECT_EQ(count("<circle"), 3 + 1 + 1) << "points, and a ring";
  EXPECT_EQ(count("stroke=\"red\""), 1);
  EXPECT_NE(svg.find("&lt;other> &amp; &quot;one&quot;"), std::string::npos);
  // p50 0.5, 1, 2 ms between 0.1 and 100: the first day at the left, the last at the right.
  EXPECT_NE(svg.find("points=\"60.0,"), std::string::npos) << svg;
  EXPECT_NE(svg.find(" 540.0,"), std::string::npos);
  EXPECT_NE(svg.find(" 1020.0,"), std::string::npos);
  EXPECT_NE(svg.find("2026-11-01"), std::string::npos);
  EXPECT_EQ(svg.find("2026-11-06"), std::string::npos);
  EXPECT_NE(trend_svg({}, this_machine()).find("no measurements"), std::string::npos);
}

TEST(MatrixTrend, ATableForPeople) {
  const std::string table = markdown_table(run_of("2026-11-05", cell_line(4, "ok", true)));
  EXPECT_NE(table.find("| m | slower |  | 2 | 1e+03 |  |  |  | cpu on all |"), std::string::npos) << table;
}

}  // namespace
}  // namespace wf::test
