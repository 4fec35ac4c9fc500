// Findings for people and for programs.
#pragma once

#include <string>

#include "lab/golden.h"
#include "session.h"

namespace wf::tool {

Json comparison_json(const Comparison& comparison);
Json finding_json(const Finding& finding);
// "  ok    probabilities  L-inf 1.2e-04 (...), ..."
std::string finding_text(const Session& session, const Finding& finding);

// Every case with its outputs.
std::string report_text(const Session& session, const Golden& golden, const GoldenReport& report);
Json report_json(const Golden& golden, const GoldenReport& report);

// A condition of --assert: "max_abs<1e-3". Names: max_abs, max_rel, rmse, rmse_rel, snr; comparisons: < <= >
// >=.
struct Assertion {
  std::string text;
  double Comparison::* quantity = nullptr;
  std::string relation;
  double bound = 0;
  bool holds(const Comparison& comparison) const;
};
Result<Assertion> parse_assertion(const std::string& text);

// "fp32", "fp16", "int8", or "LINF,RMSE" (relative to the output's scale). "" is the budget of the model's
// precision.
Result<Budget> parse_budget(const std::string& text, const std::string& of_model);

}  // namespace wf::tool
