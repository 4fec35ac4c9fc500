// One output held against what was expected of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/compare.h"
#include "runtime/model.h"

namespace wf {

struct Finding {
  std::string name;                      // of the output
  std::optional<Comparison> comparison;  // absent: could not be compared
  std::string trouble;  // why not, or NaN, infinities and all-zero outputs in words; "" if none
  bool passed = false;
};

Finding judge(std::string name, const Datum* actual, const Datum& expected, const Budget& budget);

// What is wrong with an answer, in words that name the first output; "" if nothing is.
std::string trouble_with(const Features& actual, const Features& expected, const Budget& budget);

inline bool all_passed(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    if (!finding.passed) return false;
  }
  return true;
}

// The largest error relative to scale; infinite where something could not be compared.
double worst_rel(const std::vector<Finding>& findings);

}  // namespace wf
