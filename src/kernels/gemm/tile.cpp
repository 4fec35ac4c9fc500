#include "kernels/gemm/tile.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm/tile.cpp"
#include "kernels/targets-inl.h"
// It comes after that: once for each instruction set.
#include "kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {
namespace {

// Sums and two vectors of the panel have to fit the registers: 32 with AVX-512 and NEON, else 16.
#if HWY_TARGET == HWY_AVX3
constexpr int kRows = 12;
#elif HWY_TARGET == HWY_NEON
constexpr int kRows = 8;
#elif HWY_TARGET == HWY_AVX2
constexpr int kRows = 6;
#else
constexpr int kRows = 4;
#endif

template <int R, class Element>
void tile(const float* const* rows, int64_t taps, int64_t inner, const void* panel, float* out,
          int64_t out_stride, int64_t columns, const TileEpilogue& epilogue) {
  V sums[R][2];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) sums[r][0] = sums[r][1] = hn::Zero(kFloats);
  const Element* b = static_cast<const Element*>(panel);
  for (int64_t tap = 0; tap < taps; ++tap, rows += R) {
    for (int64_t i = 0; i < inner; ++i, b += 2 * kLanes) {
      const V b0 = load(b), b1 = load(b + kLanes);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const V a = hn::Set(kFloats, rows[r][i]);
        sums[r][0] = hn::MulAdd(a, b0, sums[r][0]);
        sums[r][1] = hn::MulAdd(a, b1, sums[r][1]);
      }
    }
  }
  if (epilogue.scale) {
    const V scale0 = load(epilogue.scale), scale1 = load(epilogue.scale + kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      sums[r][0] = hn::Mul(sums[r][0], scale0);
      sums[r][1] = hn::Mul(sums[r][1], scale1);
    }
  }
  if (epilogue.bias) {
    const V bias0 = load(epilogue.bias), bias1 = load(epilogue.bias + kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      sums[r][0] = hn::Add(sums[r][0], bias0);
      sums[r][1] = hn::Add(sums[r][1], bias1);
    }
  }
  if (epilogue.residual) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const float* residual = epilogue.residual + r * epilogue.residual_stride;
      sums[r][0] = hn::Add(sums[r][0], load_first(residual, columns));
      sums[r][1] = hn::Add(sums[r][1], load_first(residual + kLanes, columns - kLanes));
    }
  }
  if (epilogue.clamps) {
    const V low = hn::Set(kFloats, epilogue.low), high = hn::Set(kFloats, epilogue.high);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      sums[r][0] = clamp(sums[r][0], low, high);
      sums[r][1] = clamp(sums[r][1], low, high);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    store_first(sums[r][0], out + r * out_stride, columns);
    store_first(sums[r][1], out + r * out_stride + kLanes, columns - kLanes);
  }
}

template <class Element, int R = kRows>
constexpr void fill(TileKernels& kernels) {
  kernels.of_rows[R] = &tile<R, Element>;
  if constexpr (R > 1) fill<Element, R - 1>(kernels);
}

template <class Element>
constexpr TileKernels make_kernels() {
  TileKernels kernels;
  kernels.columns = 2 * kLanes;
  kernels.rows = kRows;
  fill<Element>(kernels);
  return kernels;
}

}  // namespace

constexpr TileKernels kFloatTiles = make_kernels<float>();
constexpr TileKernels kHalfTiles = make_kernels<hwy::float16_t>();

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wf {

const TileKernels& tile_kernels(Isa isa, bool half) {
  return half ? *WF_FOR_ISA(isa, kHalfTiles) : *WF_FOR_ISA(isa, kFloatTiles);
}

}  // namespace wf
#endif
