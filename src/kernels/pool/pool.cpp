#include "kernels/pool/pool.h"

#include <algorithm>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pool/pool.cpp"
#include "kernels/targets-inl.h"
// It comes after that: once for each instruction set.
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {
namespace {

struct Span {
  int64_t first, last;
};
// Input positions of one window that lie inside.
HWY_INLINE Span inside(const SpatialWindow& w, int64_t out) {
  const int64_t start = out * w.stride - w.before;
  return {std::max<int64_t>(0, start), std::min(w.in, start + w.kernel)};
}

template <Pooling kPooling>
void row_of(const Pool& p, const float* x, float* out, int64_t row) {
  const auto& [depth, height, width] = p.windows;
  const int64_t oh = row % height.out, od = row / height.out % depth.out, n = row / height.out / depth.out;
  const Span d = inside(depth, od), h = inside(height, oh);
  for (int64_t ow = 0; ow < width.out; ++ow) {
    const Span w = inside(width, ow);
    const int64_t position = (od * height.out + oh) * width.out + ow;
    float* to = out + (row * width.out + ow) * p.channels;
    for (int64_t c = 0; c < p.channels; c += kLanes) {
      const int64_t count = std::min(kLanes, p.channels - c);
      V v = kPooling == Pooling::kMax ? all(-std::numeric_limits<float>::infinity()) : hn::Zero(kFloats);
      for (int64_t i = d.first; i < d.last; ++i) {
        for (int64_t j = h.first; j < h.last; ++j) {
          const float* from =
              x + (((n * depth.in + i) * height.in + j) * width.in + w.first) * p.channels + c;
          for (int64_t k = w.first; k < w.last; ++k, from += p.channels) {
            const V e = load_first(from, count);
            if constexpr (kPooling == Pooling::kMax) v = max_or_nan(v, e);
            if constexpr (kPooling == Pooling::kAverage) v = hn::Add(v, e);
            if constexpr (kPooling == Pooling::kL2) v = hn::MulAdd(e, e, v);
          }
        }
      }
      if constexpr (kPooling == Pooling::kAverage)
        v = hn::Mul(v, all(p.factors[static_cast<size_t>(position)]));
      if constexpr (kPooling == Pooling::kL2) v = hn::Sqrt(v);
      store_first(v, to + c, count);
    }
  }
}

}  // namespace

void pool_row(const Pool& p, const float* x, float* out, int64_t row) {
  switch (p.pooling) {
    case Pooling::kMax:
      return row_of<Pooling::kMax>(p, x, out, row);
    case Pooling::kAverage:
      return row_of<Pooling::kAverage>(p, x, out, row);
    case Pooling::kL2:
      return row_of<Pooling::kL2>(p, x, out, row);
  }
}

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wf {

void pool_windows(Isa isa, const Pool& p, const float* x, float* out, ThreadPool& threads) {
  const auto run = WF_FOR_ISA(isa, pool_row);
  threads.for_each(p.batch * p.windows[0].out * p.windows[1].out,
                   [&](int64_t row, int) { run(p, x, out, row); });
}

}  // namespace wf
#endif
