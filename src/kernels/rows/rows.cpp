#include "kernels/rows/rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows/rows.cpp"
#include "kernels/targets-inl.h"
// They come after that, in this order: once for each instruction set.
#include "kernels/vectors-inl.h"
//
#include "kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

HWY_INLINE float max_of(float a, float b) { return std::isnan(a) || a > b ? a : b; }
HWY_INLINE float min_of(float a, float b) { return std::isnan(a) || a < b ? a : b; }

// The lanes' sum, always in the same order.
HWY_INLINE float sum_of_lanes(V v) {
  float lanes[kLanes];
  store(v, lanes);
  for (int64_t width = kLanes / 2; width > 0; width /= 2) {
    for (int64_t i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

// Sum of f(element) over a contiguous line: four partial sums, so that no addition waits for the one before.
template <class Function>
HWY_INLINE float sum_line(const float* x, int64_t length, Function f) {
  V s0 = hn::Zero(kFloats), s1 = s0, s2 = s0, s3 = s0;
  int64_t i = 0;
  for (; i + 4 * kLanes <= length; i += 4 * kLanes) {
    s0 = hn::Add(s0, f(load(x + i)));
    s1 = hn::Add(s1, f(load(x + i + kLanes)));
    s2 = hn::Add(s2, f(load(x + i + 2 * kLanes)));
    s3 = hn::Add(s3, f(load(x + i + 3 * kLanes)));
  }
  for (; i + kLanes <= length; i += kLanes) s0 = hn::Add(s0, f(load(x + i)));
  float total = sum_of_lanes(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)));
  if (i < length) {
    float lanes[kLanes];
    store(f(load_first(x + i, length - i)), lanes);
    for (int64_t k = 0; k < length - i; ++k) total += lanes[k];
  }
  return total;
}

HWY_INLINE float max_line(const float* x, int64_t length) {
  int64_t i = 0;
  float most = -kInfinity;
  if (length >= kLanes) {
    V v = load(x);
    for (i = kLanes; i + kLanes <= length; i += kLanes) v = max_or_nan(v, load(x + i));
    float lanes[kLanes];
    store(v, lanes);
    for (const float lane : lanes) most = max_of(lane, most);
  }
  for (; i < length; ++i) most = max_of(x[i], most);
  return most;
}
HWY_INLINE float min_line(const float* x, int64_t length) {
  float least = kInfinity;
  for (int64_t i = 0; i < length; ++i) least = min_of(x[i], least);
  return least;
}

template <class Function>
HWY_INLINE void map_line(const float* x, float* out, int64_t length, Function f) {
  int64_t i = 0;
  for (; i + kLanes <= length; i += kLanes) store(f(load(x + i), i), out + i);
  if (i < length) store_first(f(load_first(x + i, length - i), i), out + i, length - i);
}

}  // namespace

void softmax_contiguous(const float* x, float* out, int64_t length) {
  const V most = all(max_line(x, length));
  map_line(x, out, length, [&](V v, int64_t) { return vexp(hn::Sub(v, most)); });
  const V scale = all(1.0f / sum_line(out, length, [](V v) { return v; }));
  map_line(out, out, length, [&](V v, int64_t) { return hn::Mul(v, scale); });
}

// `count` neighbouring lines at most one vector wide, elements `step` apart.
void softmax_strided(const float* x, float* out, int64_t length, int64_t step, int64_t count) {
  V most = load_first(x, count);
  for (int64_t i = 1; i < length; ++i) most = max_or_nan(most, load_first(x + i * step, count));
  V sum = hn::Zero(kFloats);
  for (int64_t i = 0; i < length; ++i) {
    const V e = vexp(hn::Sub(load_first(x + i * step, count), most));
    sum = hn::Add(sum, e);
    store_first(e, out + i * step, count);
  }
  for (int64_t i = 0; i < length; ++i) {
    store_first(hn::Div(load_first(out + i * step, count), sum), out + i * step, count);
  }
}

void normalize_contiguous(const float* x, float* out, int64_t length, const Normalization& how) {
  const float mean = sum_line(x, length, [](V v) { return v; }) / static_cast<float>(length);
  const V center = all(mean);
  const float squares = sum_line(x, length, [&](V v) {
    const V d = hn::Sub(v, center);
    return hn::Mul(d, d);
  });
  const V scale = all(1.0f / std::sqrt(squares / static_cast<float>(length) + how.epsilon));
  map_line(x, out, length, [&](V v, int64_t i) {
    V y = hn::Mul(hn::Sub(v, center), scale);
    if (how.gamma) y = hn::Mul(y, load_first(how.gamma + i, length - i));
    if (how.beta) y = hn::Add(y, load_first(how.beta + i, length - i));
    return y;
  });
}

float reduce_contiguous(Reduction reduction, const float* x, int64_t length) {
  switch (reduction) {
    case Reduction::kSum:
      return sum_line(x, length, [](V v) { return v; });
    case Reduction::kMean:
      return sum_line(x, length, [](V v) { return v; }) / static_cast<float>(length);
    case Reduction::kMax:
      return max_line(x, length);
    case Reduction::kMin:
      return min_line(x, length);
    case Reduction::kSumSquare:
      return sum_line(x, length, [](V v) { return hn::Mul(v, v); });
    case Reduction::kL1:
      return sum_line(x, length, [](V v) { return hn::Abs(v); });
    case Reduction::kL2:
      return std::sqrt(sum_line(x, length, [](V v) { return hn::Mul(v, v); }));
  }
  return 0;
}

// `count` neighbouring lines at most one vector wide, elements `step` apart.
void reduce_strided(Reduction reduction, const float* x, float* out, int64_t length, int64_t step,
                    int64_t count) {
  V v = reduction == Reduction::kMax   ? all(-kInfinity)
        : reduction == Reduction::kMin ? all(kInfinity)
                                       : hn::Zero(kFloats);
  for (int64_t i = 0; i < length; ++i) {
    const V e = load_first(x + i * step, count);
    switch (reduction) {
      case Reduction::kSum:
      case Reduction::kMean:
        v = hn::Add(v, e);
        break;
      case Reduction::kMax:
        v = max_or_nan(v, e);
        break;
      case Reduction::kMin:
        v = min_or_nan(v, e);
        break;
      case Reduction::kSumSquare:
      case Reduction::kL2:
        v = hn::MulAdd(e, e, v);
        break;
      case Reduction::kL1:
        v = hn::Add(v, hn::Abs(e));
        break;
    }
  }
  if (reduction == Reduction::kMean) v = hn::Div(v, all(static_cast<float>(length)));
  if (reduction == Reduction::kL2) v = hn::Sqrt(v);
  store_first(v, out, count);
}

constexpr int64_t kStrip = kLanes;

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wf {
namespace {

// Elements that one task reads.
constexpr int64_t kTaskElements = 16 << 10;

// Calls line(outer index) for each, gathered into tasks.
template <class Line>
void each_line(const Lines& lines, ThreadPool& pool, Line line) {
  const int64_t per_task = std::max<int64_t>(1, kTaskElements / std::max<int64_t>(1, lines.length));
  pool.for_each((lines.outer + per_task - 1) / per_task, [&](int64_t task, int) {
    const int64_t last = std::min(lines.outer, (task + 1) * per_task);
    for (int64_t i = task * per_task; i < last; ++i) line(i);
  });
}

// Calls strip(outer index, first of the inner ones, how many) for strips of `width` neighbouring lines.
template <class Strip>
void each_strip(const Lines& lines, int64_t width, ThreadPool& pool, Strip strip) {
  const int64_t strips = (lines.inner + width - 1) / width;
  const int64_t per_task = std::max<int64_t>(1, kTaskElements / std::max<int64_t>(1, lines.length * width));
  const int64_t total = lines.outer * strips;
  pool.for_each((total + per_task - 1) / per_task, [&](int64_t task, int) {
    const int64_t last = std::min(total, (task + 1) * per_task);
    for (int64_t i = task * per_task; i < last; ++i) {
      const int64_t first = i % strips * width;
      strip(i / strips, first, std::min(width, lines.inner - first));
    }
  });
}

}  // namespace

void softmax_lines(Isa isa, const float* x, float* out, const Lines& lines, ThreadPool& pool) {
  if (lines.length == 0) return;
  if (lines.inner == 1) {
    const auto run = WF_FOR_ISA(isa, softmax_contiguous);
    return each_line(lines, pool,
                     [&](int64_t i) { run(x + i * lines.length, out + i * lines.length, lines.length); });
  }
  const auto run = WF_FOR_ISA(isa, softmax_strided);
  each_strip(lines, *WF_FOR_ISA(isa, kStrip), pool, [&](int64_t i, int64_t first, int64_t count) {
    const int64_t at = i * lines.length * lines.inner + first;
    run(x + at, out + at, lines.length, lines.inner, count);
  });
}

void normalize_lines(Isa isa, const float* x, float* out, const Lines& lines, const Normalization& how,
                     ThreadPool& pool) {
  const auto run = WF_FOR_ISA(isa, normalize_contiguous);
  each_line(lines, pool,
            [&](int64_t i) { run(x + i * lines.length, out + i * lines.length, lines.length, how); });
}

void reduce_lines(Isa isa, Reduction reduction, const float* x, float* out, const Lines& lines,
                  ThreadPool& pool) {
  if (lines.inner == 1) {
    const auto run = WF_FOR_ISA(isa, reduce_contiguous);
    return each_line(lines, pool,
                     [&](int64_t i) { out[i] = run(reduction, x + i * lines.length, lines.length); });
  }
  const auto run = WF_FOR_ISA(isa, reduce_strided);
  each_strip(lines, *WF_FOR_ISA(isa, kStrip), pool, [&](int64_t i, int64_t first, int64_t count) {
    run(reduction, x + i * lines.length * lines.inner + first, out + i * lines.inner + first, lines.length,
        lines.inner, count);
  });
}

}  // namespace wf
#endif
