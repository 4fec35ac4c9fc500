#include "findings_view.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

namespace wf::tool {
namespace {

std::optional<double> parse_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Json comparison_json(const Comparison& c) {
  return {{"count", c.count},
          {"scale", json_number(c.scale)},
          {"max_abs", json_number(c.max_abs)},
          {"max_rel", json_number(c.max_rel)},
          {"rmse", json_number(c.rmse)},
          {"rmse_rel", json_number(c.rmse_rel)},
          {"snr_db", json_number(c.snr_db)},
          {"worst",
           {{"at", c.worst_at},
            {"actual", json_number(c.worst_actual)},
            {"expected", json_number(c.worst_expected)}}},
          {"nan", {c.nan_actual, c.nan_expected}},
          {"inf", {c.inf_actual, c.inf_expected}},
          {"mismatches", c.mismatches},
          {"near_zero", c.near_zero}};
}

Json finding_json(const Finding& finding) {
  Json json = {{"name", finding.name}, {"passed", finding.passed}, {"trouble", finding.trouble}};
  json["comparison"] = finding.comparison ? comparison_json(*finding.comparison) : Json();
  return json;
}

std::string finding_text(const Session& session, const Finding& finding) {
  std::string text =
      fmt::format("  {}  {}", finding.passed ? session.good("ok  ") : session.bad("FAIL"), finding.name);
  if (finding.comparison) text += "  " + to_string(*finding.comparison);
  if (!finding.trouble.empty()) text += "  " + session.bad(finding.trouble);
  return text + "\n";
}

std::string report_text(const Session& session, const Golden& golden, const GoldenReport& report) {
  std::string text;
  for (size_t i = 0; i < report.cases.size(); ++i) {
    text += fmt::format("case {}  {}\n", i, session.dim(golden.cases[i].description));
    for (const Finding& finding : report.cases[i]) text += finding_text(session, finding);
  }
  return text;
}

Json report_json(const Golden& golden, const GoldenReport& report) {
  Json cases = Json::array();
  for (size_t i = 0; i < report.cases.size(); ++i) {
    Json outputs = Json::array();
    for (const Finding& finding : report.cases[i]) outputs.push_back(finding_json(finding));
    cases.push_back({{"description", golden.cases[i].description}, {"outputs", outputs}});
  }
  return cases;
}

bool Assertion::holds(const Comparison& comparison) const {
  const double value = comparison.*quantity;
  if (relation == "<") return value < bound;
  if (relation == "<=") return value <= bound;
  if (relation == ">") return value > bound;
  return value >= bound;
}

Result<Assertion> parse_assertion(const std::string& text) {
  constexpr std::array<std::pair<const char*, double Comparison::*>, 5> kQuantities = {
      {{"max_abs", &Comparison::max_abs},
       {"max_rel", &Comparison::max_rel},
       {"rmse", &Comparison::rmse},
       {"rmse_rel", &Comparison::rmse_rel},
       {"snr", &Comparison::snr_db}}};
  const size_t at = text.find_first_of("<>");
  if (at != std::string::npos) {
    const size_t length = text.compare(at + 1, 1, "=") == 0 ? 2 : 1;
    const auto bound = parse_number(text.substr(at + length));
    for (const auto& [name, quantity] : kQuantities) {
      if (bound && text.substr(0, at) == name)
        return Assertion{text, quantity, text.substr(at, length), *bound};
    }
  }
  return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a condition", text), "--assert",
               "write max_abs<1e-3; quantities are max_abs, max_rel, rmse, rmse_rel, snr");
}

Result<Budget> parse_budget(const std::string& text, const std::string& of_model) {
  if (auto known = find_budget(text.empty() ? of_model : text)) return *known;
  const size_t comma = text.find(',');
  const auto max_rel = parse_number(text.substr(0, comma));
  const auto rmse = comma == std::string::npos ? max_rel : parse_number(text.substr(comma + 1));
  if (max_rel && rmse) return Budget{text, *max_rel, *rmse};
  return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a budget", text), "--budget",
               "fp32, fp16, int8, or L-infinity and RMSE relative to the output's scale, as in 1e-2,1e-3");
}

}  // namespace wf::tool
