#include "lab/gates/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace wf {
namespace {

Check compared(std::string name, Rule rule, double measured, double limit, std::string unit, bool passed) {
  return {.name = std::move(name),
          .rule = rule,
          .measured = measured,
          .limit = limit,
          .unit = std::move(unit),
          .detail = {},
          .passed = passed};
}

std::string_view name_of(Rule rule) {
  switch (rule) {
    case Rule::kLess:
      return "less than";
    case Rule::kAtMost:
      return "at most";
    case Rule::kAtLeast:
      return "at least";
    case Rule::kHolds:
      break;
  }
  return "holds";
}

}  // namespace

Check less(std::string name, double measured, double limit, std::string unit) {
  return compared(std::move(name), Rule::kLess, measured, limit, std::move(unit), measured < limit);
}

Check at_most(std::string name, double measured, double limit, std::string unit) {
  return compared(std::move(name), Rule::kAtMost, measured, limit, std::move(unit), measured <= limit);
}

Check at_least(std::string name, double measured, double limit, std::string unit) {
  return compared(std::move(name), Rule::kAtLeast, measured, limit, std::move(unit), measured >= limit);
}

Check holds(std::string name, std::string trouble) {
  Check check{.name = std::move(name), .unit = {}, .detail = {}, .passed = trouble.empty()};
  check.detail = std::move(trouble);
  return check;
}

bool Verdict::passed() const { return !checks.empty() && std::ranges::all_of(checks, &Check::passed); }

std::string to_string(const Check& check) {
  std::string text = check.name;
  if (check.rule != Rule::kHolds) {
    const std::string unit = check.unit.empty() ? "" : " " + check.unit;
    text +=
        fmt::format(": {:.6g}{}, {} {:.6g}{}", check.measured, unit, name_of(check.rule), check.limit, unit);
  }
  return check.detail.empty() ? text : text + ": " + check.detail;
}

Json to_json(const Verdict& verdict) {
  Json checks = Json::array();
  for (const Check& check : verdict.checks) {
    Json json = {{"name", check.name}, {"passed", check.passed}, {"rule", name_of(check.rule)}};
    if (check.rule != Rule::kHolds) {
      json["measured"] = json_number(check.measured);
      json["limit"] = json_number(check.limit);
      json["unit"] = check.unit;
    }
    json["detail"] = check.detail;
    checks.push_back(std::move(json));
  }
  return {
      {"gate", std::string(1, verdict.gate)}, {"passed", verdict.passed()}, {"checks", std::move(checks)}};
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(values);
  // The small step back keeps 0.99 * 100 at rank 99 whatever its rounding.
  const auto rank = static_cast<size_t>(std::max(0.0, q * static_cast<double>(values.size()) - 1e-9));
  return values[std::min(rank, values.size() - 1)];
}

}  // namespace wf
