#include "kernels/conv/depthwise.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/depthwise.cpp"
#include "kernels/targets-inl.h"
// It comes after that: once for each instruction set.
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {
namespace {

struct Channels {
  int64_t first, count;  // count at most one vector
};

HWY_INLINE V finish(V sum, const TileEpilogue& e, int64_t pixel, Channels c) {
  if (e.scale) sum = hn::Mul(sum, load_first(e.scale + c.first, c.count));
  if (e.bias) sum = hn::Add(sum, load_first(e.bias + c.first, c.count));
  if (e.residual) {
    sum = hn::Add(sum, load_first(e.residual + pixel * e.residual_stride + c.first, c.count));
  }
  return e.clamps ? clamp(sum, all(e.low), all(e.high)) : sum;
}

}  // namespace

// `P` neighbouring pixels at once: each weight is read once for all of them. rows[tap * P + pixel].
template <int P>
void depthwise_pixels(const float* const* rows, int64_t taps, const float* weights, int64_t channels,
                      float* out, int64_t pixel, const TileEpilogue& epilogue) {
  for (int64_t first = 0; first < channels; first += kLanes) {
    const Channels c{first, std::min(kLanes, channels - first)};
    V sums[P];
    for (int p = 0; p < P; ++p) sums[p] = hn::Zero(kFloats);
    for (int64_t tap = 0; tap < taps; ++tap) {
      const V w = load_first(weights + tap * channels + first, c.count);
#pragma GCC unroll 8
      for (int p = 0; p < P; ++p) {
        sums[p] = hn::MulAdd(load_first(rows[tap * P + p] + first, c.count), w, sums[p]);
      }
    }
    for (int p = 0; p < P; ++p) {
      store_first(finish(sums[p], epilogue, pixel + p, c), out + (pixel + p) * channels + first, c.count);
    }
  }
}

void depthwise_run(const float* const* rows, int64_t count, int64_t taps, const float* weights,
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
  return shape.taps() * kPixels * static_cast<int64_t>(sizeof(const float*));
}

void convolve_depthwise(Isa isa, const Depthwise& d, const ConvolutionIo& io, ThreadPool& pool) {
  const auto run = WF_FOR_ISA(isa, depthwise_run);
  const Convolution& c = d.shape;
  const int64_t pixels = c.out_pixels(), channels = c.groups, taps = c.taps();
  const int64_t work = std::max<int64_t>(1, channels * taps);
  const int64_t per_task = std::max<int64_t>(1, kTaskWork / work / kPixels) * kPixels;
  const int64_t scratch_bytes = aligned_size(depthwise_scratch_bytes(c));
  pool.for_each((pixels + per_task - 1) / per_task, [&](int64_t task, int worker) {
    auto** rows = reinterpret_cast<const float**>(io.scratch + worker * scratch_bytes);
    const PixelRows pixel_rows(c, io.x, io.zeros, 0, channels);
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
