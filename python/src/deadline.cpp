#include "deadline.h"

#include <algorithm>

#include "errors.h"

namespace wf::python {

std::chrono::steady_clock::time_point deadline_after(double seconds) {
  if (!(seconds >= 0))
    raise({ErrorCode::kInvalidArgument, "the timeout is not a number of seconds from 0 on"});
  using Clock = std::chrono::steady_clock;
  constexpr double kMost = 1e9;  // seconds: about thirty years, well within the clock's own range
  const std::chrono::duration<double> length(std::min(seconds, kMost));
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(length);
}

}  // namespace wf::python
