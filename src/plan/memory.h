// Places for buffers that live at different times, so that they share memory.
#pragma once

#include <cstdint>
#include <vector>

namespace wf {

// Alive from step `first` to step `last`, both included.
struct Lifetime {
  int64_t bytes = 0;
  int64_t first = 0, last = 0;
  int64_t offset = 0;  // the answer
};

// Sets every offset, aligned, so that no two that are alive at once overlap; returns the bytes needed in all.
// The largest first, each at the lowest place that is free during its whole life (as TensorFlow Lite's
// planner does: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
int64_t place(std::vector<Lifetime>& lifetimes);

}  // namespace wf
