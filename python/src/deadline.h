// Python's timeouts, which are seconds.
#pragma once

#include <chrono>

namespace wf::python {

// Raises InvalidArgument unless `seconds` is a number from 0 on.
std::chrono::steady_clock::time_point deadline_after(double seconds);

}  // namespace wf::python
