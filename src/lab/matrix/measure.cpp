#include "lab/matrix/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/sha256.h"
#include "lab/finding.h"
#include "lab/gates/verdict.h"
#include "lab/generate.h"
#include "lab/matrix/calibration.h"
#include "lab/model_facts.h"
#include "runtime/telemetry/snapshot.h"

namespace wf {
namespace {

using Clock = std::chrono::steady_clock;
double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

Error cancelled() { return {ErrorCode::kDeadlineExceeded, "cancelled"}; }

Result<Model> load(const MatrixCell& cell, const std::string& engine) {
  LoadOptions options;
  options.engine = engine;
  options.prepare.function = cell.function;
  options.prepare.compute_units = cell.compute_units;
  static Telemetry unseen;  // it is what fills in who answered
  options.telemetry = &unseen;
  return Model::load(cell.path, options);
}

Result<Features> predict(const Model& model, const Features& inputs, const MatrixOptions& options,
                         InferReport* report = nullptr) {
  WF_TRY(ModelState state, model.new_state());
  InferOptions infer;
  infer.cancelled = options.cancelled;
  infer.report = report;
  return model.predict(inputs, &state, infer);
}

Result<CellTimes> time_predictions(const Model& model, const Features& inputs, const MatrixOptions& options,
                                   std::map<std::string, int64_t>* served_by = nullptr) {
  std::vector<double> ms, unit_ms;
  for (int64_t i = -options.warm_up; i < options.runs; ++i) {
    if (options.cancelled && *options.cancelled) return cancelled();
    const auto begin = Clock::now();
    InferReport report;
    WF_TRY(const Features outputs, predict(model, inputs, options, &report));
    const double one = milliseconds_since(begin);
    const double unit = calibration_ms();
    if (i < 0) continue;
    ms.push_back(one);
    unit_ms.push_back(unit);
    if (!served_by) continue;
    const int units_used = static_cast<int>(report.compute_units);
    ++(*served_by)[fmt::format("{} on {}", report.engine, compute_units_name(units_used))];
  }
  return CellTimes{quantile(ms, 0.5), quantile(ms, 0.95), quantile(ms, 0.99), quantile(unit_ms, 0.5)};
}

bool has_engine(std::string_view name) {
  return std::ranges::any_of(all_engines(),
                             [&](const InferenceEngine* each) { return each->name() == name; });
}

// Fills in `result`; the error is a cancel.
Status measure(CellResult& result, const MatrixOptions& options) {
  const MatrixCell& cell = result.cell;
  const auto fail = [&](CellStatus status, std::string trouble) -> Status {
    if (options.cancelled && *options.cancelled) return cancelled();
    result.status = status;
    result.trouble = std::move(trouble);
    return {};
  };
  // The one engine that only some builds have; any other name is a mistake that loading tells of.
  if (cell.engine == "coreml" && !has_engine(cell.engine))
    return fail(CellStatus::kSkipped, "this build has no engine 'coreml'");
  const auto begin = Clock::now();
  const auto model = load(cell, cell.engine);
  result.load_ms = milliseconds_since(begin);
  if (!model) return fail(CellStatus::kLoadFailed, model.error().to_string());
  result.schema_sha256 = schema_sha256(model->interface());
  if (cell.schema_sha256 && *cell.schema_sha256 != result.schema_sha256) {
    return fail(CellStatus::kSchemaMismatch,
                fmt::format("the schema is {}, recorded was {}", result.schema_sha256, *cell.schema_sha256));
  }
  for (const auto& [name, unused] : cell.shapes) {
    const Feature* feature = model->interface().find_input(name);
    if (!feature || !feature->array())
      return fail(CellStatus::kSchemaMismatch,
                  fmt::format("shapes: the model has no array '{}' to give it", name));
  }
  const auto inputs = generate_inputs(*model, cell.seed, FloatValues::kNormal, cell.shapes);
  if (!inputs) return fail(CellStatus::kPredictFailed, inputs.error().to_string());
  const auto budget = find_budget(cell.budget.value_or(facts_of(model->file()).budget));
  if (!budget) return fail(CellStatus::kLoadFailed, "no such budget");

  const auto actual = predict(*model, *inputs, options);
  if (!actual) return fail(CellStatus::kPredictFailed, actual.error().to_string());
  {
    const auto reference = load(cell, options.reference);
    const auto expected =
        reference ? predict(*reference, *inputs, options) : Result<Features>(reference.error());
    if (!expected)
      return fail(CellStatus::kParityFailed, "the reference engine: " + expected.error().to_string());
    std::vector<Finding> findings;
    for (const auto& [name, value] : *expected)
      findings.push_back(judge(name, find_feature(*actual, name), value, *budget));
    result.worst_rel = worst_rel(findings);
    if (!all_passed(findings))
      return fail(CellStatus::kParityFailed, trouble_with(*actual, *expected, *budget));
  }
  const auto times = time_predictions(*model, *inputs, options, &result.served_by);
  if (!times) return fail(CellStatus::kPredictFailed, times.error().to_string());
  result.times = *times;
  return {};
}

}  // namespace

std::string_view name_of(CellStatus status) {
  constexpr std::string_view kNames[] = {
      "ok", "skipped", "load_failed", "schema_mismatch", "predict_failed", "parity_failed"};
  return kNames[static_cast<size_t>(status)];
}

Result<CellResult> measure_cell(const MatrixCell& cell, const MatrixOptions& options) {
  CellResult result;
  result.cell = cell;
  WF_CHECK(measure(result, options));
  return result;
}

Result<CellTimes> measure_times(const MatrixCell& cell, const MatrixOptions& options) {
  WF_TRY(const Model model, load(cell, cell.engine));
  WF_TRY(const Features inputs, generate_inputs(model, cell.seed, FloatValues::kNormal, cell.shapes));
  return time_predictions(model, inputs, options);
}

std::string schema_sha256(const Interface& interface) {
  Sha256 hash;
  const auto add = [&hash](std::string_view kind, const std::vector<Feature>& features) {
    for (const Feature& feature : features)
      hash.add(fmt::format("{} '{}' {}\n", kind, feature.name, to_string(feature)));
  };
  add("input", interface.inputs);
  add("output", interface.outputs);
  add("state", interface.states);
  return hash.hex();
}

Json to_json(const CellResult& result) {
  const MatrixCell& cell = result.cell;
  Json json = {{"event", "cell"},
               {"cell", cell.id},
               {"model", cell.model},
               {"precision", cell.precision},
               {"shape", cell.shape},
               {"engine", cell.engine},
               {"compute_units", compute_units_name(static_cast<int>(cell.compute_units))},
               {"status", name_of(result.status)},
               {"trouble", result.trouble},
               {"schema_sha256", result.schema_sha256},
               {"load_ms", result.load_ms}};
  if (result.worst_rel) json["worst_rel"] = json_number(*result.worst_rel);
  if (const auto& times = result.times) {
    json["p50_ms"] = times->p50_ms;
    json["p95_ms"] = times->p95_ms;
    json["p99_ms"] = times->p99_ms;
    json["calibration_ms"] = times->calibration_ms;
    json["relative"] = times->relative();
  }
  json["served_by"] = result.served_by;
  return json;
}

}  // namespace wf
