#include "kernels/conv/depthwise.h"

#include <algorithm>

#include "kernels/conv/pixel_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/depthwise.cpp"
#include "kernels/targets-inl.h"
// It comes after that: once for each instruction set.
#include "kernels/conv/epilogue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {

// `P` pixels at once: each weight is read once for all of them. `N` whole vectors of channels, or (0) the
// last, partial one.
template <bool kRuns, int P, int N>
HWY_INLINE void depthwise_block(const DepthwiseRows& from, const float* weights, int64_t channels,
                                int64_t first, float* out, int64_t pixel, const TileEpilogue& epilogue) {
  constexpr int kVectors = N == 0 ? 1 : N;
  const int64_t count = N == 0 ? channels - first : kLanes;
  const auto read = [&](const float* at) { return N == 0 ? load_first(at, count) : load(at); };
  V sums[P][kVectors];
  for (int p = 0; p < P; ++p) {
    for (int n = 0; n < kVectors; ++n) sums[p][n] = hn::Zero(kFloats);
  }
  const float* weight = weights + first;
  for (int64_t row = 0; row < from.kernel_rows; ++row) {
    for (int64_t k = 0; k < from.kernel; ++k, weight += channels) {
      V w[kVectors];
      for (int n = 0; n < kVectors; ++n) w[n] = read(weight + n * kLanes);
#pragma GCC unroll 8
      for (int p = 0; p < P; ++p) {
        const float* x =
            kRuns ? static_cast<const float*>(from.rows[row]) + k * from.tap_step + p * from.pixel_step
                  : static_cast<const float*>(from.rows[row * P + p]);
        x += first;
#pragma GCC unroll 4
        for (int n = 0; n < kVectors; ++n) sums[p][n] = hn::MulAdd(read(x + n * kLanes), w[n], sums[p][n]);
      }
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

template <bool kRuns, int P>
void depthwise_pixels(const DepthwiseRows& from, const float* weights, int64_t channels, float* out,
                      int64_t pixel, const TileEpilogue& epilogue) {
  int64_t first = 0;
  for (; first + 3 * kLanes <= channels; first += 3 * kLanes) {
    depthwise_block<kRuns, P, 3>(from, weights, channels, first, out, pixel, epilogue);
  }
  for (; first + kLanes <= channels; first += kLanes) {
    depthwise_block<kRuns, P, 1>(from, weights, channels, first, out, pixel, epilogue);
  }
  if (first < channels) depthwise_block<kRuns, P, 0>(from, weights, channels, first, out, pixel, epilogue);
}

// Pixels of a run are four.
void depthwise_run(const DepthwiseRows& from, bool in_runs, int64_t count, const float* weights,
                   int64_t channels, float* out, int64_t pixel, const TileEpilogue& epilogue) {
  if (in_runs) return depthwise_pixels<true, 4>(from, weights, channels, out, pixel, epilogue);
  switch (count) {
    case 4:
      return depthwise_pixels<false, 4>(from, weights, channels, out, pixel, epilogue);
    case 3:
      return depthwise_pixels<false, 3>(from, weights, channels, out, pixel, epilogue);
    case 2:
      return depthwise_pixels<false, 2>(from, weights, channels, out, pixel, epilogue);
    default:
      return depthwise_pixels<false, 1>(from, weights, channels, out, pixel, epilogue);
  }
}

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace wf {
namespace {

// Multiplications of one task.
constexpr int64_t kTaskWork = 128 << 10;

}  // namespace

int64_t depthwise_scratch_bytes(const Convolution& shape) {
  return shape.taps() * kDepthwisePixels * static_cast<int64_t>(sizeof(const void*));
}

void convolve_depthwise(Isa isa, const Depthwise& d, const ConvolutionIo& io, ThreadPool& pool) {
  const auto run = WF_FOR_ISA(isa, depthwise_run);
  const Convolution& c = d.shape;
  const int64_t pixels = c.out_pixels(), channels = c.groups, taps = c.taps();
  const int64_t work = std::max<int64_t>(1, channels * taps);
  const int64_t per_task = std::max<int64_t>(1, kTaskWork / work / kDepthwisePixels) * kDepthwisePixels;
  const int64_t scratch_bytes = aligned_size(depthwise_scratch_bytes(c));
  pool.for_each((pixels + per_task - 1) / per_task, [&](int64_t task, int worker) {
    auto** rows = reinterpret_cast<const void**>(io.scratch + worker * scratch_bytes);
    const PixelRows pixel_rows(c, io.x, io.zeros, 0, channels, sizeof(float));
    const SpatialWindow& across = c.windows[2];
    const DepthwiseRows runs{rows, taps / std::max<int64_t>(1, across.kernel), across.kernel,
                             across.dilation * channels, across.stride * channels};
    const DepthwiseRows table{.rows = rows, .kernel_rows = taps};
    const int64_t last = std::min(pixels, (task + 1) * per_task);
    for (int64_t pixel = task * per_task; pixel < last; pixel += kDepthwisePixels) {
      const int64_t count = std::min(kDepthwisePixels, last - pixel);
      const bool in_runs = count == kDepthwisePixels && pixel_rows.are_neighbours(pixel, count);
      if (in_runs)
        pixel_rows.write_runs(pixel, 1, rows);
      else
        pixel_rows.write(pixel, count, rows);
      run(in_runs ? runs : table, in_runs, count, d.weights, channels, io.out, pixel, io.epilogue);
    }
    if (io.after) io.after->run(task * per_task, last - task * per_task, 0, channels, worker);
  });
}

}  // namespace wf
#endif
