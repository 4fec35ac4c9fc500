#include "kernels/resize/resize.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/resize/resize.cpp"
#include "kernels/targets-inl.h"
// It comes after that: once for each instruction set.
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {
namespace {

// Not a + (b - a) * weight: an infinite neighbour would make it NaN.
HWY_INLINE V between(V a, V b, V weight) {
  return hn::MulAdd(b, weight, hn::Mul(a, hn::Sub(all(1.0f), weight)));
}

// A row of one input pixel row (weight 0), or of two.
template <bool kTwoRows>
HWY_INLINE void pixel(const float* a, const float* b, int64_t channels, Sample column, V row_weight,
                      float* out) {
  const float* at = a + column.first * channels;
  const float* below = b + column.first * channels;
  const V weight = all(column.weight);
  for (int64_t c = 0; c < channels; c += kLanes) {
    const int64_t n = channels - c;
    V v = load_first(at + c, n);
    if constexpr (kTwoRows) v = between(v, load_first(below + c, n), row_weight);
    if (column.weight != 0) {
      V w = load_first(at + channels + c, n);
      if constexpr (kTwoRows) w = between(w, load_first(below + channels + c, n), row_weight);
      v = between(v, w, weight);
    }
    store_first(v, out + c, n);
  }
}

}  // namespace

void resize_row(const Resize& r, const float* x, float* out, int64_t row) {
  const auto out_rows = static_cast<int64_t>(r.rows.size());
  const Sample sample = r.rows[static_cast<size_t>(row % out_rows)];
  const float* image = x + row / out_rows * r.height * r.width * r.channels;
  const float* a = image + sample.first * r.width * r.channels;
  const float* b = sample.weight != 0 ? a + r.width * r.channels : a;
  const V weight = all(sample.weight);
  float* to = out + row * static_cast<int64_t>(r.columns.size()) * r.channels;
  for (const Sample column : r.columns) {
    if (sample.weight != 0) {
      pixel<true>(a, b, r.channels, column, weight, to);
    } else {
      pixel<false>(a, b, r.channels, column, weight, to);
    }
    to += r.channels;
  }
}

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wf {

void resize_images(Isa isa, const Resize& r, const float* x, float* out, ThreadPool& pool) {
  const auto run = WF_FOR_ISA(isa, resize_row);
  pool.for_each(r.batch * static_cast<int64_t>(r.rows.size()),
                [&](int64_t row, int) { run(r, x, out, row); });
}

}  // namespace wf
#endif
