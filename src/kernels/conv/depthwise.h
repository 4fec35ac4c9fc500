// Convolution that keeps channels apart, channels-last.
#pragma once

#include "base/thread_pool.h"
#include "kernels/conv/convolution.h"

namespace wf {

// out[p][c] = the sum over taps of x[pixel at tap][c] * weights[tap][c], then * scale, + bias, clamp. Fields
// of Convolution but weights and in_channels; groups is the number of channels. fp32 weights [taps,
// channels].
struct Depthwise {
  Convolution shape;
  const float* weights = nullptr;
};
// Output pixels that are computed at once, if they lie side by side. Of ConvolutionIo::zeros they read
// depthwise_zeros().
inline constexpr int64_t kDepthwisePixels = 4;
inline int64_t depthwise_zeros(const Convolution& shape) {
  const SpatialWindow& across = shape.windows[2];
  return ((kDepthwisePixels - 1) * across.stride + (across.kernel - 1) * across.dilation + 1) * shape.groups;
}
void convolve_depthwise(Isa isa, const Depthwise& depthwise, const ConvolutionIo& io, ThreadPool& pool);
int64_t depthwise_scratch_bytes(const Convolution& shape);

}  // namespace wf
