#include "lab/matrix/regression.h"

#include <algorithm>
#include <utility>

#include "lab/gates/verdict.h"

namespace wf {

Result<SpeedVerdict> judge_speed(double relative, double baseline_relative, double tolerance_percent,
                                 const std::function<Result<double>()>& again,
                                 const std::function<Result<double>()>& pair) {
  const double limit = 1 + tolerance_percent / 100;
  SpeedVerdict verdict;
  verdict.ratio = relative / baseline_relative;
  if (verdict.ratio <= limit) return verdict;
  if (pair) {
    std::vector<double> ratios;
    for (int i = 0; i < kPairs; ++i) {
      WF_TRY(const double ratio, pair());
      ratios.push_back(ratio);
    }
    verdict.measurements += kPairs;
    verdict.ratio = quantile(std::move(ratios), 0.5);
  } else {
    for (int i = 0; i < kReruns && verdict.ratio > limit; ++i) {
      WF_TRY(const double once_more, again());
      verdict.measurements += 1;
      verdict.ratio = std::min(verdict.ratio, once_more / baseline_relative);
    }
  }
  verdict.regression = verdict.ratio > limit;
  return verdict;
}

}  // namespace wf
