// corpus: every model of a folder, run and held against its goldens.
#include "lab/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runtime/cache/cache.h"
#include "table.h"
#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct CorpusVerbOptions {
  std::string folder, engine = "reference", only;
  int64_t deadline_ms = 120000;
  bool cache = false;
};

// Met only because the case magnifies the last bit of its inputs.
bool is_ill_conditioned(const CorpusRow& row, size_t c) {
  return row.golden_errors[c] > row.tolerance && row.golden_errors[c] <= row.tolerances[c];
}
bool has_ill_conditioned_case(const CorpusRow& row) {
  for (size_t c = 0; c < row.golden_errors.size(); ++c) {
    if (is_ill_conditioned(row, c)) return true;
  }
  return false;
}

// Fixed columns, because rows are printed as they are done. Names and kinds that are longer push the rest.
std::string row_text(const Session& session, const CorpusRow& row) {
  std::string errors;
  for (size_t i = 0; i < row.golden_errors.size(); ++i) {
    errors += fmt::format("{:.1e}{} ", row.golden_errors[i], is_ill_conditioned(row, i) ? "~" : "");
  }
  const std::string status = fmt::format("{:<10}", name_of(row.status));
  const bool failed = row.status == CorpusStatus::kFailed;
  std::string text = fmt::format("{:<36} {:<25} {:<10} {} {:>5} {:>8}  {}\n", row.name, row.kind,
                                 row.container, failed ? session.bad(status) : session.good(status),
                                 row.operations > 0 ? fmt::to_string(row.operations) : "-",
                                 row.predict_ms > 0 ? human_ms(row.predict_ms) : "-", errors);
  if (failed) text += "    " + row.detail + "\n";
  return text;
}

Json row_json(const CorpusRow& row) {
  Json errors = Json::array();
  for (const double error : row.golden_errors) errors.push_back(json_number(error));
  return {{"name", row.name},
          {"kind", row.kind},
          {"container", row.container},
          {"status", std::string(name_of(row.status))},
          {"operations", row.operations},
          {"golden_errors", errors},
          {"tolerance", row.tolerance},
          {"case_tolerances", row.tolerances},
          {"load_ms", row.load_ms},
          {"predict_ms", row.predict_ms},
          {"detail", row.detail}};
}

Result<int> corpus(const CorpusVerbOptions& options, Session& session) {
  if (!session.json) {
    session.print(
        session.bold(fmt::format("{:<36} {:<25} {:<10} {:<10} {:>5} {:>8}  {}", "model", "kind", "container",
                                 "status", "ops", "time", "error of each golden / scale")) +
        "\n");
  }
  const auto show = [&session](const CorpusRow& row) {
    if (!session.json) session.print(row_text(session, row));
    std::fflush(stdout);
  };
  CorpusOptions run{.engine = options.engine,
                    .deadline = std::chrono::milliseconds(options.deadline_ms),
                    .only = options.only};
  if (options.cache) {
    WF_TRY(run.cache, Cache::shared());
  }
  WF_TRY(std::vector<CorpusRow> rows, run_corpus(options.folder, run, show));
  const auto failed = std::count_if(rows.begin(), rows.end(),
                                    [](const CorpusRow& row) { return row.status == CorpusStatus::kFailed; });
  const auto passed = static_cast<int64_t>(rows.size()) - failed;
  if (session.json) {
    Json models = Json::array();
    for (const CorpusRow& row : rows) models.push_back(row_json(row));
    session.print_json("corpus", {{"models", models}, {"passed", passed}, {"failed", failed}});
  } else {
    if (std::any_of(rows.begin(), rows.end(), has_ill_conditioned_case)) {
      session.print(fmt::format(
          "~ ill-conditioned: the last fp32 bit of the inputs alone moves the exact answer by more than "
          "1/{:g} of this error\n",
          kUlpsOfAnOracle));
    }
    session.print(fmt::format("{} passed, {} failed\n", passed, failed));
  }
  return failed == 0 ? kOk : kFinding;
}

}  // namespace

void add_corpus_verb(CLI::App& root, Session& session) {
  auto options = std::make_shared<CorpusVerbOptions>();
  CLI::App* verb =
      make_verb(root, session, "corpus", "Runs every model of a folder and holds it against its goldens",
                "  windfall corpus models/\n"
                "  windfall corpus models/ --only mnist --json",
                options, corpus);
  verb->add_option("folder", options->folder, "One folder per model: the model, and golden/ if there is one")
      ->required();
  verb->add_option("--engine", options->engine, "Engine to run on")->capture_default_str();
  verb->add_flag("--cache", options->cache,
                 "Compile each model into the cache of compiled models, and run it from there");
  verb->add_option("--only", options->only, "Only models whose name contains this");
  verb->add_option("--deadline", options->deadline_ms, "Milliseconds for all predictions of one model")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

}  // namespace wf::tool
