// Products of matrices, fp32 sums: of a matrix with a packed one, and of many pairs of matrices.
#pragma once

#include <cstdint>
#include <functional>

#include "base/thread_pool.h"
#include "kernels/gemm/packed_matrix.h"
#include "kernels/gemm/tile.h"

namespace wf {

// What else is done to a finished rectangle of the output while it is still in the cache.
class RectangleWork {
 public:
  virtual ~RectangleWork() = default;
  virtual void run(int64_t row, int64_t rows, int64_t column, int64_t columns, int worker) const = 0;
};

// out = a * b, then the epilogue. Strides in elements, between rows; a's rows are contiguous, fp32 or (b
// kBfloat) bf16.
struct Product {
  const void* a = nullptr;
  int64_t a_stride = 0;
  int64_t rows = 0;
  const PackedMatrix* b = nullptr;
  float* out = nullptr;
  int64_t out_stride = 0;
  // bias: of all columns, filled up to whole panels; residual: at the first element.
  TileEpilogue epilogue;
  const RectangleWork* after = nullptr;
};
void multiply(Isa isa, const Product& product, ThreadPool& pool);

// out[n] = a[n] * b[n] for n < count: each product packs its own right operand, whole products go to threads.
// Batches are found by `place`, which gives the operands' first elements.
struct BatchedProduct {
  struct Place {
    const float* a;
    const float* b;
    float* out;
  };
  int64_t count = 0;
  int64_t rows = 0, inner = 0, columns = 0;
  int64_t a_row_stride = 0, a_inner_stride = 1;
  int64_t b_inner_stride = 0, b_column_stride = 1;
  int64_t out_stride = 0;
  // Scratch memory for each of the pool's threads, batched_scratch_bytes() apart.
  std::byte* scratch = nullptr;
};
int64_t batched_scratch_bytes(Isa isa, const BatchedProduct& product);
void multiply_batched(Isa isa, const BatchedProduct& product,
                      const std::function<BatchedProduct::Place(int64_t)>& place, ThreadPool& pool);

}  // namespace wf
