#include "lab/matrix/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "lab/matrix/regression.h"

namespace wf {
namespace {

bool chosen(const MatrixCell& cell, const std::vector<std::string>& only) {
  return only.empty() || std::ranges::any_of(only, [&](const std::string& part) {
           return cell.id.find(part) != std::string::npos;
         });
}

// The line of a cell that was measured: what it is beside what it was.
Result<Json> judged(CellResult result, const Json* baseline, const MatrixManifest& manifest,
                    const MatrixOptions& measure, const MatrixRunOptions& options) {
  if (result.status == CellStatus::kOk && baseline && !result.cell.schema_sha256 &&
      baseline->value("schema_sha256", "") != result.schema_sha256) {
    result.status = CellStatus::kSchemaMismatch;
    result.trouble = fmt::format("the schema is {}, it was {}; if that is meant, record it in the manifest",
                                 result.schema_sha256, baseline->value("schema_sha256", ""));
  }
  Json line = to_json(result);
  if (result.status != CellStatus::kOk || !baseline) return line;
  const auto again = [&]() -> Result<double> {
    WF_TRY(const CellTimes times, measure_times(result.cell, measure));
    return times.relative();
  };
  std::function<Result<double>()> pair;
  if (options.pair) pair = [&] { return options.pair(result.cell, measure); };
  WF_TRY(const SpeedVerdict verdict,
         judge_speed(result.times->relative(), (*baseline)["relative"].get<double>(),
                     manifest.tolerance_percent, again, pair));
  line["ratio"] = verdict.ratio;
  line["measurements"] = verdict.measurements;
  line["regression"] = verdict.regression;
  return line;
}

}  // namespace

std::vector<Json> MatrixRun::lines() const {
  std::vector<Json> lines = {run.header};
  lines.insert(lines.end(), run.cells.begin(), run.cells.end());
  lines.push_back({{"event", "end"}, {"failures", failures}, {"regressions", regressions}});
  return lines;
}

Result<MatrixRun> run_matrix(const MatrixManifest& manifest, const std::vector<ArchivedRun>& before,
                             const MatrixRunOptions& options) {
  MatrixRun out;
  out.run.date = options.date;
  WF_TRY(out.run.seconds, seconds_of_date(options.date));
  out.run.machine = this_machine();
  out.run.header = {{"event", "run"},
                    {"schema", "windfall.matrix/1"},
                    {"date", options.date},
                    {"version", options.version},
                    {"machine", out.run.machine},
                    {"system", system_name()},
                    {"reference", manifest.reference},
                    {"runs", manifest.runs},
                    {"tolerance_percent", manifest.tolerance_percent}};
  const MatrixOptions measure{manifest.reference, manifest.runs, manifest.warm_up, options.cancelled};
  for (const MatrixCell& cell : manifest.cells) {
    if (!chosen(cell, options.only)) continue;
    WF_TRY(CellResult result, measure_cell(cell, measure));
    WF_TRY(Json line, judged(std::move(result), baseline_of(cell.id, before, out.run.machine), manifest,
                             measure, options));
    const std::string status = line.value("status", "");
    if (status != name_of(CellStatus::kOk) && status != name_of(CellStatus::kSkipped))
      out.failures.push_back(cell.id);
    if (line.value("regression", false)) out.regressions.push_back(cell.id);
    if (options.on_cell) options.on_cell(line);
    out.run.cells.push_back(std::move(line));
  }
  WF_REQUIRE(!out.run.cells.empty(), kInvalidArgument, "no cell has such a name", "--only");
  return out;
}

}  // namespace wf
