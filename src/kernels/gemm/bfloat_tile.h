// Tiles of bf16 rows and panels, fp32 sums: AVX-512 BF16's own instruction, which multiplies pairs.
#pragma once

#include "kernels/gemm/tile.h"

namespace wf {

// Where has_bfloat_products() alone.
const TileKernels& bfloat_tiles();

}  // namespace wf
