// Pooling of channels-last tensors, one to three spatial dimensions.
#pragma once

#include <vector>

#include "kernels/conv/convolution.h"

namespace wf {

enum class Pooling : uint8_t { kMax, kAverage, kL2 };

struct Pool {
  Pooling pooling = Pooling::kMax;
  int64_t batch = 1, channels = 0;
  std::array<SpatialWindow, 3> windows;
  // Average: what each sum is multiplied with, by output position of one image. Otherwise empty.
  std::vector<float> factors;
};

void pool_windows(Isa isa, const Pool& pool, const float* x, float* out, ThreadPool& threads);

}  // namespace wf
