// Bilinear and nearest resizing of channels-last images.
#pragma once

#include <cstdint>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/isa.h"

namespace wf {

// Where an output row or column lies between two input ones: at `first`, `weight` of the way to the next.
// Weight 0: the first one alone.
struct Sample {
  int64_t first = 0;
  float weight = 0;
};

struct Resize {
  int64_t batch = 1, channels = 0;
  int64_t height = 1, width = 1;      // of the input
  std::vector<Sample> rows, columns;  // by output position
};

// x [batch, height, width, channels] to [batch, rows, columns, channels].
void resize_images(Isa isa, const Resize& resize, const float* x, float* out, ThreadPool& pool);

}  // namespace wf
