// The inner loop of every product: a few rows times one panel, sums kept in registers.
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/gemm/packed_matrix.h"
#include "kernels/isa.h"

namespace wf {

// What happens to sums before they are stored, in this order: * scale, + bias, + residual, clamp. NaN passes
// a clamp.
struct TileEpilogue {
  const float* scale = nullptr;     // of the panel's columns, filled up to its width
  const float* bias = nullptr;      // likewise
  const float* residual = nullptr;  // at the tile's first element
  int64_t residual_stride = 0;      // between rows
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  bool clamps = false;
};

// out[r][j] = sum over taps t and i < inner of rows[t * R + r][i] * panel[t * inner + i][j], for the R rows
// the function is for and j < columns. A product has one tap; a convolution one for each position of its
// kernel. Rows are fp32, or bf16 where the panel is (left_element_bytes).
using TileFunction = void (*)(const void* const* rows, int64_t taps, int64_t inner, const void* panel,
                              float* out, int64_t out_stride, int64_t columns, const TileEpilogue& epilogue);

inline constexpr int64_t kMostTileRows = 12;

struct TileKernels {
  int64_t columns = 0;                           // a panel has
  int64_t rows = 0;                              // the most a tile has: use it wherever there are as many
  TileFunction of_rows[kMostTileRows + 1] = {};  // by number of rows, from 1
};

// For a panel of such elements. kBfloat: only where has_bfloat_products().
const TileKernels& tile_kernels(Isa isa, WeightElement element = WeightElement::kFloat);

// The epilogue of `rows` lines of sums in memory, as wide as a panel.
using TileFinish = void (*)(const float* sums, int64_t rows, float* out, int64_t out_stride, int64_t columns,
                            const TileEpilogue& epilogue);
TileFinish tile_finish(Isa isa);

}  // namespace wf
