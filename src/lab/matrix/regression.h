// Is a cell slower than it was, or was the machine?
//
// Two times of two days compare the machine's moods as well. So each cell's median is divided by that of a
// fixed piece of work that was done by turns with it (calibration.h), then as now: what is compared is how
// many units the cell takes. A cell that seems slower is measured again, twice, and is a regression only if
// it was slower each time.
//
// Where the older program is at hand, a cell that seems slower is held against that instead: old and new by
// turns, now, on this machine; the median of the ratios decides.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/error.h"

namespace wf {

struct SpeedVerdict {
  double ratio = 1;  // now to then; the least of those measured, or the median of the pairs
  int measurements = 1;
  bool regression = false;
};

inline constexpr int kReruns = 2, kPairs = 3;

// `relative`: units of the first measurement; `again` measures once more. With `pair`, which gives one ratio
// of the new program's time to the older one's, that decides.
Result<SpeedVerdict> judge_speed(double relative, double baseline_relative, double tolerance_percent,
                                 const std::function<Result<double>()>& again,
                                 const std::function<Result<double>()>& pair);

}  // namespace wf
