// matrix: models x precisions x shapes x engines, measured, archived and held against what was.
#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdio>
#include <memory>

#include "base/file.h"
#include "lab/matrix/run.h"
#include "lab/matrix/trend.h"
#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct MatrixVerbOptions {
  std::string manifest, archive, stamp, against;
  std::vector<std::string> only;
  bool no_archive = false;
  std::optional<int64_t> runs;
  std::optional<double> tolerance;
};

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// The cell's p50 as an older program measures it.
Result<double> older_p50_ms(const MatrixVerbOptions& options, const MatrixCell& cell, int64_t runs) {
  const std::string command =
      fmt::format("{} matrix {} --json --no-archive --runs {} --only {} 2>/dev/null", quoted(options.against),
                  quoted(options.manifest), runs, quoted(cell.id));
  struct Close {
    void operator()(FILE* stream) const { pclose(stream); }
  };
  const std::unique_ptr<FILE, Close> stream(popen(command.c_str(), "r"));
  WF_REQUIRE(stream, kEnvironment, "the older program cannot be started", options.against);
  std::string text;
  char buffer[4096];
  for (size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, stream.get())) > 0;) text.append(buffer, n);
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_object()) {
    for (const Json& line : json.value("cells", Json::array())) {
      if (line.value("cell", "") == cell.id && line.contains("p50_ms")) return line["p50_ms"].get<double>();
    }
  }
  return Error(ErrorCode::kInvalidArgument, fmt::format("{} does not measure '{}'", options.against, cell.id),
               "--against", "it must be a windfall that knows 'matrix' and takes this manifest");
}

void tell_cell(const Json& line, const Session& session) {
  const std::string status = line.value("status", "");
  std::string text = fmt::format("{:<14} {}", status, line.value("cell", ""));
  if (line.contains("p50_ms")) {
    text += fmt::format("  p50 {:.3g} ms, p99 {:.3g} ms", line["p50_ms"].get<double>(),
                        line["p99_ms"].get<double>());
  }
  if (line.contains("ratio")) text += fmt::format(", {:.3f} of before", line["ratio"].get<double>());
  if (line.value("regression", false)) text += ": slower";
  if (const std::string trouble = line.value("trouble", ""); !trouble.empty()) text += ": " + trouble;
  session.print(text + "\n");
}

Status write_pictures(const std::filesystem::path& folder, std::vector<ArchivedRun> runs,
                      const ArchivedRun& last) {
  runs.push_back(last);
  sort_by_date(runs);
  WF_CHECK(write_file(folder / "trend.svg", trend_svg(runs, last.machine)));
  return write_file(folder / "latest.md", markdown_table(last));
}

Result<int> matrix(const MatrixVerbOptions& options, Session& session) {
  WF_TRY(MatrixManifest manifest, read_matrix_manifest(options.manifest));
  manifest.runs = options.runs.value_or(manifest.runs);
  manifest.tolerance_percent = options.tolerance.value_or(manifest.tolerance_percent);
  const std::filesystem::path folder = options.archive.empty()
                                           ? std::filesystem::path(options.manifest).parent_path() / "matrix"
                                           : std::filesystem::path(options.archive);
  std::vector<ArchivedRun> before;
  if (!options.no_archive) {
    WF_TRY(before, read_archives(folder));
  }
  MatrixRunOptions run;
  run.date = options.stamp.empty() ? date_now() : options.stamp;
  run.version = WINDFALL_VERSION;
  run.only = options.only;
  run.cancelled = &Session::interrupted();
  if (!options.against.empty()) {
    run.pair = [&](const MatrixCell& cell, const MatrixOptions& measure) -> Result<double> {
      WF_TRY(const double older, older_p50_ms(options, cell, measure.runs));
      WF_TRY(const CellTimes ours, measure_times(cell, measure));
      return ours.p50_ms / older;
    };
  }
  if (!session.json) run.on_cell = [&](const Json& line) { tell_cell(line, session); };
  WF_TRY(const MatrixRun done, run_matrix(manifest, before, run));

  Json body = {{"date", done.run.date},
               {"machine", done.run.machine},
               {"cells", done.run.cells},
               {"failures", done.failures},
               {"regressions", done.regressions}};
  if (!options.no_archive) {
    WF_TRY(const std::filesystem::path path, write_archive(folder, done.run.date, done.lines()));
    WF_CHECK(write_pictures(folder, std::move(before), done.run));
    body["archive"] = path.string();
    session.tell(fmt::format("archived in {}", path.string()));
  }
  if (session.json) session.print_json("matrix", body);
  if (!done.failures.empty()) return kFinding;
  return done.regressions.empty() ? kOk : kRegression;
}

}  // namespace

void add_matrix_verb(CLI::App& root, Session& session) {
  auto options = std::make_shared<MatrixVerbOptions>();
  CLI::App* verb = make_verb(root, session, "matrix",
                             "Measures models x precisions x shapes x engines and compares with the last "
                             "time; exit code 1 where a cell "
                             "failed (load, schema, parity), 7 where one is only slower",
                             "  windfall matrix nightly.json\n"
                             "  windfall matrix nightly.json --archive results --against ./windfall-0.1\n"
                             "  windfall matrix nightly.json --only resnet/fp16 --no-archive --json",
                             options, matrix);
  verb->add_option("manifest", options->manifest, "What to run: docs/matrix.md")->required();
  verb->add_option("--archive", options->archive,
                   "Folder of the runs (default: 'matrix' beside the manifest)");
  verb->add_flag("--no-archive", options->no_archive, "Neither compare with earlier runs nor keep this one");
  verb->add_option("--stamp", options->stamp, "The run's date, 2026-11-22T03:00:00Z (default: now)");
  verb->add_option("--against", options->against,
                   "An older windfall: cells that seem slower are measured with both, by turns");
  verb->add_option("--only", options->only, "Only cells whose name holds this");
  verb->add_option("--runs", options->runs, "Predictions of each cell that are timed")
      ->check(CLI::PositiveNumber);
  verb->add_option("--tolerance", options->tolerance, "How many percent slower is no regression")
      ->check(CLI::NonNegativeNumber);
}

}  // namespace wf::tool
