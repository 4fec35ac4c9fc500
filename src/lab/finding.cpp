#include "lab/finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace wf {

Finding judge(std::string name, const Datum* actual, const Datum& expected, const Budget& budget) {
  Finding finding;
  finding.name = std::move(name);
  if (!actual) {
    finding.trouble = "the model has no such output";
    return finding;
  }
  auto comparison = compare(*actual, expected);
  if (!comparison) {
    finding.trouble = comparison.error().message;
    return finding;
  }
  finding.trouble = warnings_of(*comparison);
  finding.passed = within(*comparison, budget);
  finding.comparison = *std::move(comparison);
  return finding;
}

double worst_rel(const std::vector<Finding>& findings) {
  double worst = 0;
  for (const Finding& finding : findings) {
    if (finding.comparison && finding.comparison->mismatches == 0) {
      worst = std::max(worst, finding.comparison->max_rel);
    } else if (!finding.passed) {
      worst = std::numeric_limits<double>::infinity();
    }
  }
  return worst;
}

std::string trouble_with(const Features& actual, const Features& expected, const Budget& budget) {
  for (const auto& [name, value] : expected) {
    const Finding finding = judge(name, find_feature(actual, name), value, budget);
    if (finding.passed) continue;
    return fmt::format("{}: {}", name, finding.comparison ? to_string(*finding.comparison) : finding.trouble);
  }
  return "";
}

}  // namespace wf
