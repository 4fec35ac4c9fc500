// What a gate says: conditions, each with what was measured and what is allowed. A gate measures first and
// judges then, so that the judging can be tested on given measurements.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/datum_json.h"

namespace wf {

enum class Rule : uint8_t { kLess, kAtMost, kAtLeast, kHolds };

struct Check {
  std::string name;  // "resident_growth"
  Rule rule = Rule::kHolds;
  double measured = 0, limit = 0;  // in `unit`; of kHolds nothing
  std::string unit;                // "ms", "bytes", "%", "" for counts and ratios
  std::string detail;              // what to know of it, always if a kHolds does not
  bool passed = false;
};

// A measurement that is not a number passes nothing.
Check less(std::string name, double measured, double limit, std::string unit = "");
Check at_most(std::string name, double measured, double limit, std::string unit = "");
Check at_least(std::string name, double measured, double limit, std::string unit = "");
// Holds if there is no trouble.
Check holds(std::string name, std::string trouble);

struct Verdict {
  char gate = 0;  // 'a' to 'd'
  std::vector<Check> checks;

  bool passed() const;  // every check; false without checks
};

// "p99_ms: 12.1 ms, at most 20 ms"
std::string to_string(const Check& check);
Json to_json(const Verdict& verdict);

// Nearest rank: the smallest value that at least the fraction `q` of `values` do not exceed. NaN if there are
// none.
double quantile(std::vector<double> values, double q);

}  // namespace wf
