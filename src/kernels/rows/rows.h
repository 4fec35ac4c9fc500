// Work on lines of elements: softmax, normalisation, reductions. A tensor is seen as [outer, length, inner];
// the lines run along `length`.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/isa.h"

namespace wf {

struct Lines {
  int64_t outer = 1, length = 1, inner = 1;
};

// exp(x - max) / sum along each line. `out` may be `x`.
void softmax_lines(Isa isa, const float* x, float* out, const Lines& lines, ThreadPool& pool);

// (x - mean) / sqrt(variance + epsilon) * gamma + beta along contiguous lines (inner 1), variance biased.
// gamma and beta have one element for each of the line's, or are null.
struct Normalization {
  const float* gamma = nullptr;
  const float* beta = nullptr;
  float epsilon = 0;
};
void normalize_lines(Isa isa, const float* x, float* out, const Lines& lines, const Normalization& how,
                     ThreadPool& pool);

enum class Reduction : uint8_t { kSum, kMean, kMax, kMin, kSumSquare, kL1, kL2 };
// [outer, length, inner] to [outer, inner]. Maximum and minimum are NaN if an element is.
void reduce_lines(Isa isa, Reduction reduction, const float* x, float* out, const Lines& lines,
                  ThreadPool& pool);

}  // namespace wf
