#include "lab/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lab/conditioning.h"
#include "lab/generate.h"
#include "lab/golden.h"
#include "lab/model_facts.h"
#include "runtime/cache/cache.h"

namespace wf {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Entry {
  std::string name;
  fs::path model, golden;
};

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

bool is_model(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".mlmodel" || extension == ".mlpackage" || extension == ".mlmodelc";
}

// Models lie at most two folders deep (DIR/NAME, DIR/structure-only/NAME); a model that is a folder is not
// entered.
void find_models(const fs::path& root, const fs::path& folder, int depth, std::vector<Entry>& found) {
  std::error_code code;
  std::vector<fs::path> models, folders;
  for (const fs::directory_entry& item : fs::directory_iterator(folder, code)) {
    if (is_model(item.path())) {
      models.push_back(item.path());
    } else if (item.is_directory(code)) {
      folders.push_back(item.path());
    }
  }
  for (const fs::path& model : models) {
    std::string name = fs::relative(folder, root, code).generic_string();
    if (models.size() > 1 || name == ".") name = (name == "." ? "" : name + "/") + model.filename().string();
    found.push_back({std::move(name), model, folder / "golden"});
  }
  if (depth == 0 || !models.empty()) return;
  for (const fs::path& inner : folders) find_models(root, inner, depth - 1, found);
}

// A model may be refused for what only Apple's system or the app it was made for has. A layer, an operation
// or a type that is merely not written yet is a failure.
bool rightly_refused(const ModelFile& file) {
  return std::all_of(file.refusals.begin(), file.refusals.end(),
                     [](const Refusal& refusal) { return refusal.supplier != Supplier::kWindfall; });
}

// A stand-in that Git Large File Storage leaves where a file was not fetched is not a weight file.
bool weights_are_there(const fs::path& path) {
  auto text = read_text_file(path, 1024);
  std::error_code code;
  return fs::exists(path, code) && !(text && text->starts_with("version https://git-lfs"));
}

class ModelRun {
 public:
  ModelRun(const Entry& entry, const CorpusOptions& options) : entry_(entry), options_(options) {
    row_.name = entry.name;
  }

  CorpusRow go() {
    const Status status = read_and_run();
    if (!status) {
      Error error = status.error();
      if (error.file == entry_.model.string()) error.file.clear();  // the row says which model
      fail(error.to_string());
    }
    return std::move(row_);
  }

 private:
  Status read_and_run() {
    const auto start = Clock::now();
    row_.container = entry_.model.extension().string();
    WF_TRY(ModelFile file, read_model_file(entry_.model, {.allow_missing_weights = true}));
    row_.load_ms = milliseconds_since(start);
    const ModelFacts facts = facts_of(file);
    row_.kind = facts.kind;
    row_.operations =
        facts.operation_count > 0 ? facts.operation_count : static_cast<int64_t>(file.layer_types.size());
    if (!file.missing_weights.empty()) return missing_weights(file);
    if (!can_run(file)) return refused(file);
    file_ = std::make_shared<const ModelFile>(std::move(file));
    return run(facts);
  }

  Status missing_weights(const ModelFile& file) {
    for (const std::string& name : file.missing_weights) {
      if (!weights_are_there(entry_.model / name) && !weights_are_there(name)) continue;
      fail(fmt::format("{} is said to be missing, but it is there", name));
      return {};
    }
    row_.status = CorpusStatus::kWeightsMissing;
    row_.detail = "weights missing: " + file.missing_weights.front();
    if (file.missing_weights.size() > 1)
      row_.detail += fmt::format(" and {} more", file.missing_weights.size() - 1);
    return {};
  }

  Status refused(const ModelFile& file) {
    row_.detail = refusal_text(file);
    const bool named = !row_.detail.empty();
    if (!named) row_.detail = "cannot run, and no reason is given";
    row_.status = named && rightly_refused(file) ? CorpusStatus::kRefused : CorpusStatus::kFailed;
    return {};
  }

  Status run(const ModelFacts& facts) {
    InferOptions infer;
    infer.deadline = Clock::now() + options_.deadline;
    const auto start = Clock::now();
    WF_TRY(Model model, load());
    row_.load_ms += milliseconds_since(start);
    WF_CHECK(run_generated(model, infer));
    row_.status = CorpusStatus::kPassed;
    std::error_code code;
    if (fs::exists(entry_.golden / "golden.json", code)) WF_CHECK(hold_against_golden(model, facts, infer));
    return {};
  }

  Result<Model> load() const {
    LoadOptions load;
    load.engine = options_.engine;
    load.cache = options_.cache;
    if (!load.cache) return Model::prepare(file_, load);
    WF_TRY(Model model, Model::load(entry_.model, load));
    const CachedModel& cached = *model.cached();
    WF_REQUIRE(cached.origin != CacheOrigin::kUncached, kRuntime, "not compiled: " + cached.note);
    return model;
  }

  Status run_generated(const Model& model, const InferOptions& infer) {
    auto outputs = predict_generated(model, FloatValues::kNormal, infer);
    if (!outputs && outputs.error().code == ErrorCode::kRuntime) {
      outputs = predict_generated(model, FloatValues::kZeroOrOne, infer);
      row_.detail = "floating inputs are indices: generated as 0 and 1";
    }
    if (!outputs) return std::move(outputs).error();
    return {};
  }

  Result<Features> predict_generated(const Model& model, FloatValues floats, const InferOptions& infer) {
    WF_TRY(Features inputs, generate_inputs(model, /*seed=*/1, floats));
    WF_TRY(ModelState state, model.new_state());
    const auto start = Clock::now();
    auto outputs = model.predict(inputs, &state, infer);
    row_.predict_ms = milliseconds_since(start);
    return outputs;
  }

  Status hold_against_golden(const Model& model, const ModelFacts& facts, const InferOptions& infer) {
    row_.tolerance = corpus_tolerance(facts.budget);
    WF_TRY(Golden golden, read_golden(entry_.golden, model.interface()));
    const Budget budget{"corpus", row_.tolerance, std::numeric_limits<double>::infinity()};
    WF_TRY(GoldenReport report, check_golden(model, golden, budget, infer));
    for (size_t c = 0; c < report.cases.size(); ++c) {
      const double error = worst_rel(report.cases[c]);
      double allowed = row_.tolerance;
      if (facts.budget == "fp32" && error > allowed && std::isfinite(error)) {
        WF_TRY(allowed, ill_conditioned_tolerance(golden.cases[c].inputs, infer));
      }
      row_.golden_errors.push_back(error);
      row_.tolerances.push_back(allowed);
      judge_case(c, report.cases[c], allowed);
    }
    return {};
  }

  // What the case allows, given how far the exact answer moves with the last bit of the inputs.
  Result<double> ill_conditioned_tolerance(const Features& inputs, const InferOptions& infer) const {
    WF_TRY(Model exact, Model::prepare(file_, {.engine = "reference:exact", .prepare = {}}));
    WF_TRY(const double effect, effect_of_one_ulp(exact, inputs, infer));
    return std::clamp(kUlpsOfAnOracle * effect, row_.tolerance, corpus_tolerance("fp16"));
  }

  void judge_case(size_t c, const std::vector<Finding>& findings, double allowed) {
    for (const Finding& finding : findings) {
      const bool near = finding.comparison && finding.comparison->mismatches == 0 &&
                        !finding.comparison->near_zero && finding.comparison->max_rel <= allowed;
      if (finding.passed || near || row_.status == CorpusStatus::kFailed) continue;
      const std::string how = finding.comparison ? to_string(*finding.comparison) : finding.trouble;
      fail(fmt::format("golden case {}, {}: {}", c, finding.name, how));
    }
  }

  void fail(std::string why) {
    row_.status = CorpusStatus::kFailed;
    row_.detail = std::move(why);
  }

  const Entry& entry_;
  const CorpusOptions& options_;
  std::shared_ptr<const ModelFile> file_;
  CorpusRow row_;
};

}  // namespace

std::string_view name_of(CorpusStatus status) {
  switch (status) {
    case CorpusStatus::kPassed:
      return "passed";
    case CorpusStatus::kRefused:
      return "refused";
    case CorpusStatus::kWeightsMissing:
      return "no weights";
    case CorpusStatus::kFailed:
      return "failed";
  }
  return "failed";
}

double corpus_tolerance(const std::string& budget) { return budget == "fp32" ? 1e-4 : 1e-2; }

Result<std::vector<CorpusRow>> run_corpus(const fs::path& folder, const CorpusOptions& options,
                                          const std::function<void(const CorpusRow&)>& on_row) {
  std::error_code code;
  if (!fs::is_directory(folder, code))
    return Error(ErrorCode::kNotFound, "no such folder").in_file(folder.string());
  std::vector<Entry> entries;
  find_models(folder, folder, /*depth=*/2, entries);
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });

  std::vector<CorpusRow> rows;
  for (const Entry& entry : entries) {
    if (entry.name.find(options.only) == std::string::npos) continue;
    rows.push_back(ModelRun(entry, options).go());
    on_row(rows.back());
  }
  return rows;
}

}  // namespace wf
