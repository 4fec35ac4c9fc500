// Convolution of channels-last tensors, one to three spatial dimensions, as products of rows: for each output
// pixel and each position of the kernel the row is the channels of one input pixel, read where it lies.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/gemm/multiply.h"

namespace wf {

struct SpatialWindow {
  int64_t in = 1, out = 1, kernel = 1, stride = 1, dilation = 1, before = 0;
};

struct Convolution {
  int64_t batch = 1;
  std::array<SpatialWindow, 3> windows;
  int64_t groups = 1;
  int64_t in_channels = 0, out_channels = 0;  // of a group
  // By group: rows are taps times in_channels, tap after tap, columns out_channels.
  std::vector<std::shared_ptr<const PackedMatrix>> weights;

  int64_t taps() const { return windows[0].kernel * windows[1].kernel * windows[2].kernel; }
  int64_t out_pixels() const { return batch * windows[0].out * windows[1].out * windows[2].out; }
};

// Epilogue and `after` as in a Product whose rows are the output pixels and whose columns are all output
// channels; scale and bias are filled up to whole panels of each group (groups > 1: out_channels a multiple
// of the panel, or neither given). `zeros` holds convolution_zeros(). Scratch
// for each thread: convolution_scratch_bytes().
struct ConvolutionIo {
  const void* x = nullptr;  // fp32, or bf16 where the weights are
  float* out = nullptr;
  const void* zeros = nullptr;
  std::byte* scratch = nullptr;
  TileEpilogue epilogue;
  const RectangleWork* after = nullptr;
};
inline int64_t convolution_zeros(const Convolution& convolution) {
  return std::max<int64_t>(1, convolution.windows[2].kernel) *
         convolution.in_channels;  // a row of the kernel
}
int64_t convolution_scratch_bytes(Isa isa, const Convolution& convolution, int threads);
void convolve(Isa isa, const Convolution& convolution, const ConvolutionIo& io, ThreadPool& pool);

}  // namespace wf
