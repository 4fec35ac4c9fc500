#include "kernels/gemm/bfloat_tile.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace wf {

#if defined(__x86_64__)
namespace {

#define WF_TARGET_BFLOAT __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))

constexpr int kRows = 12;
constexpr int64_t kColumns = 32;

// A row's element 2i and 2i + 1 meet the panel's pairs i: columns side by side, each with its two elements.
template <int R>
WF_TARGET_BFLOAT void tile(const void* const* rows, int64_t taps, int64_t inner, const void* panel,
                           float* out, int64_t out_stride, int64_t columns, const TileEpilogue& epilogue) {
  __m512 sums[R][2];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) sums[r][0] = sums[r][1] = _mm512_setzero_ps();
  const auto* b = static_cast<const __m512i*>(panel);
  for (int64_t tap = 0; tap < taps; ++tap, rows += R) {
    for (int64_t i = 0; i < inner / 2; ++i, b += 2) {
      const auto b0 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b));
      const auto b1 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b + 1));
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        int32_t pair;
        std::memcpy(&pair, static_cast<const int32_t*>(rows[r]) + i, sizeof(pair));
        const auto a = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
        sums[r][0] = _mm512_dpbf16_ps(sums[r][0], a, b0);
        sums[r][1] = _mm512_dpbf16_ps(sums[r][1], a, b1);
      }
    }
  }
  alignas(64) float lines[R * kColumns];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    _mm512_store_ps(lines + r * kColumns, sums[r][0]);
    _mm512_store_ps(lines + r * kColumns + kColumns / 2, sums[r][1]);
  }
  tile_finish(Isa::kAvx512)(lines, R, out, out_stride, columns, epilogue);
}

template <int R = kRows>
constexpr void fill(TileKernels& kernels) {
  kernels.of_rows[R] = &tile<R>;
  if constexpr (R > 1) fill<R - 1>(kernels);
}

}  // namespace

const TileKernels& bfloat_tiles() {
  static constexpr TileKernels kTiles = [] {
    TileKernels kernels;
    kernels.columns = kColumns;
    kernels.rows = kRows;
    fill(kernels);
    return kernels;
  }();
  return kTiles;
}

#else

const TileKernels& bfloat_tiles() {
  static constexpr TileKernels kNone;
  return kNone;
}

#endif

}  // namespace wf
