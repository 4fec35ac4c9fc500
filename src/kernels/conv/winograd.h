// Convolution with 3x3 kernels by Winograd's minimal filtering F(4x4, 3x3): tiles of 4x4 output pixels come
// from 6x6 input pixels by 36 products instead of 144 (Lavin and Gray, "Fast Algorithms for Convolutional
// Neural Networks", 2016). The error is some units more than that of direct fp32 sums, far below that of
// fp16.
//
// A tile whose sums are not finite is done again directly, so that infinities and NaN reach the pixels that
// see them and no others.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "kernels/conv/convolution.h"

namespace wf {

inline constexpr int64_t kWinogradTile = 4;        // output pixels, each way
inline constexpr int64_t kWinogradPositions = 36;  // products for a tile

// One 3x3 kernel, row after row, as the 36 factors.
std::array<float, kWinogradPositions> winograd_factors(std::span<const float, 9> kernel);

struct WinogradConvolution {
  // One group, windows[0] of size 1, the others 3 taps with stride and dilation 1. `weights`: for each
  // position the factors as a matrix, in_channels by out_channels.
  Convolution shape;
  // The kernels themselves, [out_channels, in_channels, 9], fp16 or fp32.
  const void* kernels = nullptr;
  bool half = false;
};

int64_t winograd_tiles(const Convolution& shape);
// Scratch memory and epilogue as for convolve().
int64_t winograd_scratch_bytes(const WinogradConvolution& convolution);
void convolve_winograd(Isa isa, const WinogradConvolution& convolution, const ConvolutionIo& io,
                       ThreadPool& pool);

}  // namespace wf
