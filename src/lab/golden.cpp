#include "lab/golden.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf {
namespace {

// The values of a dictionary in its own order, as one tensor.
std::optional<Tensor> dictionary_values(const Datum& datum) {
  if (!datum.dict()) return std::nullopt;
  std::vector<double> values;
  for (const auto& [key, value] : datum.dict()->items) {
    if (!value.tensor() || value.tensor()->size() != 1) return std::nullopt;
    values.push_back(read_double(*value.tensor(), 0));
  }
  auto tensor = Tensor::of_doubles(DType::kFloat64, {static_cast<int64_t>(values.size())}, values);
  if (!tensor) return std::nullopt;
  return *std::move(tensor);
}

std::optional<Tensor> class_scores(const Features& outputs) {
  for (const auto& [name, value] : outputs) {
    if (auto scores = dictionary_values(value)) return scores;
  }
  return std::nullopt;
}

Finding judge_winner(const std::optional<Tensor>& scores, int64_t expected) {
  Finding finding;
  finding.name = "argmax";
  if (!scores || scores->size() == 0) {
    finding.trouble = "the model gives no class probabilities";
    return finding;
  }
  const std::vector<double> values = read_doubles(*scores);
  const auto winner = std::max_element(values.begin(), values.end()) - values.begin();
  finding.passed = winner == expected;
  if (!finding.passed) finding.trouble = fmt::format("class {} wins, expected class {}", winner, expected);
  return finding;
}

std::vector<Finding> judge_case(const Features& outputs, const GoldenCase& expected, const Budget& budget) {
  std::vector<Finding> findings;
  const std::optional<Tensor> scores = class_scores(outputs);
  for (const auto& [name, value] : expected.outputs) {
    const Datum* actual = find_feature(outputs, name);
    const bool stand_in = !actual && scores && value.tensor() && value.tensor()->size() == scores->size();
    const Datum probabilities = stand_in ? Datum(*scores) : Datum();
    findings.push_back(judge(name, stand_in ? &probabilities : actual, value, budget));
  }
  if (expected.winning_class) findings.push_back(judge_winner(scores, *expected.winning_class));
  return findings;
}

}  // namespace

bool GoldenReport::passed() const { return std::all_of(cases.begin(), cases.end(), all_passed); }

double GoldenReport::worst_rel() const {
  double worst = 0;
  for (const std::vector<Finding>& one : cases) worst = std::max(worst, wf::worst_rel(one));
  return worst;
}

Result<Golden> record_golden(const Model& model, std::vector<Features> inputs, std::string oracle) {
  Golden golden;
  golden.oracle = std::move(oracle);
  for (Features& features : inputs) {
    WF_TRY(ModelState state, model.new_state());
    WF_TRY(Features outputs, model.predict(features, &state));
    golden.cases.push_back({.description = {},
                            .inputs = std::move(features),
                            .outputs = std::move(outputs),
                            .winning_class = {}});
  }
  return golden;
}

Result<GoldenReport> check_golden(const Model& model, const Golden& golden, const Budget& budget,
                                  const InferOptions& options) {
  GoldenReport report;
  for (size_t i = 0; i < golden.cases.size(); ++i) {
    WF_TRY(ModelState state, model.new_state());
    auto outputs = model.predict(golden.cases[i].inputs, &state, options);
    if (!outputs) return std::move(outputs).error().at(fmt::format("golden case {}", i));
    report.cases.push_back(judge_case(*outputs, golden.cases[i], budget));
  }
  return report;
}

}  // namespace wf
