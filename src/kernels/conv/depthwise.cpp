#include "kernels/conv/depthwise.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/depthwise.cpp"
#include "kernels/targets-inl.h"
// It comes after that: once for each instruction set.
#include "kernels/conv/epilogue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {

// `P` neighbouring pixels at once: each weight is read once for all of them. rows[tap * P + pixel]. `N` whole
// vectors of channels, or (0) the last, partial one.
template <int P, int N>
HWY_INLINE void depthwise_block(const void* const* rows, int64_t taps, const float* weights, int64_t channels,
                                int64_t first, float* out, int64_t pixel, const TileEpilogue& epilogue) {
  constexpr int kVectors = N == 0 ? 1 : N;
  const int64_t count = N == 0 ? channels - first : kLanes;
  const auto read = [&](const float* at) { return N == 0 ? load_first(at, count) : load(at); };
  V sums[P][kVectors];
  for (int p = 0; p < P; ++p) {
    for (int n = 0; n < kVectors; ++n) sums[p][n] = hn::Zero(kFloats);
  }
  for (int64_t tap = 0; tap < taps; ++tap) {
    V w[kVectors];
    for (int n = 0; n < kVectors; ++n) w[n] = read(weights + tap * channels + first + n * kLanes);
#pragma GCC unroll 8
    for (int p = 0; p < P; ++p) {
      const float* x = static_cast<const float*>(rows[tap * P + p]) + first;
#pragma GCC unroll 4
      for (int n = 0; n < kVectors; ++n) sums[p][n] = hn::MulAdd(read(x + n * kLanes), w[n], sums[p][n]);
    }
  }
  for (int p = 0; p < P; ++p) {
    for (int n = 0; n < kVectors; ++n) {
      const Channels c{first + n * kLanes, count};
      store_first(finish(sums[p][n], epilogue, pixel + p, c), out + (pixel + p) * channels + c.first,
                  c.count);
    }
  }
}

template <int P>
void depthwise_pixels(const void* const* rows, int64_t taps, const float* weights, int64_t channels,
                      float* out, int64_t pixel, const TileEpilogue& epilogue) {
  int64_t first = 0;
  for (; first + 3 * kLanes <= channels; first += 3 * kLanes) {
    depthwise_block<P, 3>(rows, taps, weights, channels, first, out, pixel, epilogue);
  }
  for (; first + kLanes <= channels; first += kLanes) {
    depthwise_block<P, 1>(rows, taps, weights, channels, first, out, pixel, epilogue);
  }
  if (first < channels) depthwise_block<P, 0>(rows, taps, weights, channels, first, out, pixel, epilogue);
}

void depthwise_run(const void* const* rows, int64_t count, int64_t taps, const float* weights,
                   int64_t channels, float* out, int64_t pixel, const TileEpilogue& epilogue) {
  switch (count) {
    case 4:
      return depthwise_pixels<4>(rows, taps, weights, channels, out, pixel, epilogue);
    case 3:
      return depthwise_pixels<3>(rows, taps, weights, channels, out, pixel, epilogue);
    case 2:
      return depthwise_pixels<2>(rows, taps, weights, channels, out, pixel, epilogue);
    default:
      return depthwise_pixels<1>(rows, taps, weights, channels, out, pixel, epilogue);
  }
}

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/conv/pixel_rows.h"

namespace wf {
namespace {

constexpr int64_t kPixels = 4;  // at once
// Multiplications of one task.
constexpr int64_t kTaskWork = 128 << 10;

}  // namespace

int64_t depthwise_scratch_bytes(const Convolution& shape) {
  return shape.taps() * kPixels * static_cast<int64_t>(sizeof(const void*));
}

void convolve_depthwise(Isa isa, const Depthwise& d, const ConvolutionIo& io, ThreadPool& pool) {
  const auto run = WF_FOR_ISA(isa, depthwise_run);
  const Convolution& c = d.shape;
  const int64_t pixels = c.out_pixels(), channels = c.groups, taps = c.taps();
  const int64_t work = std::max<int64_t>(1, channels * taps);
  const int64_t per_task = std::max<int64_t>(1, kTaskWork / work / kPixels) * kPixels;
  const int64_t scratch_bytes = aligned_size(depthwise_scratch_bytes(c));
  pool.for_each((pixels + per_task - 1) / per_task, [&](int64_t task, int worker) {
    auto** rows = reinterpret_cast<const void**>(io.scratch + worker * scratch_bytes);
    const PixelRows pixel_rows(c, io.x, io.zeros, 0, channels, sizeof(float));
    const int64_t last = std::min(pixels, (task + 1) * per_task);
    for (int64_t pixel = task * per_task; pixel < last; pixel += kPixels) {
      const int64_t count = std::min(kPixels, last - pixel);
      pixel_rows.write(pixel, count, rows);
      run(rows, count, taps, d.weights, channels, io.out, pixel, io.epilogue);
    }
    if (io.after) io.after->run(task * per_task, last - task * per_task, 0, channels, worker);
  });
}

}  // namespace wf
#endif
