// A piece of work that never changes: what this machine does at this moment, as a unit for times.
#pragma once

namespace wf {

// Raised with any change to the work: times in one unit say nothing about times in another.
inline constexpr int kCalibrationVersion = 1;

// Milliseconds of one pass: arithmetic within the first-level cache, then reading and writing of memory
// beyond the second. Half a millisecond or so; plain C++ that shares no code with the engines, so that what
// is measured with it cannot hide in it. One thread.
double calibration_ms();

}  // namespace wf
