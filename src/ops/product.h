// Matrix products over any layout; linear, matmul, einsum and attention share it.
#pragma once

#include "ops/call.h"

namespace wf {

// Walks several dimensions of a tensor as one: index i stands for the i-th combination in row-major order.
struct IndexGroup {
  Shape sizes, strides;  // strides in elements; 0 repeats

  int64_t count() const;
  int64_t offset(int64_t i) const;
};

// out[row, column] = sum over inner of a[row, inner] * b[inner, column], each pair of groups laid over its
// tensor.
struct Product {
  IndexGroup a_rows, a_inner;
  IndexGroup b_inner, b_columns;
  IndexGroup out_rows, out_columns;
};

// From these elements on. `bias`, if any, has one element per column. Integers wrap; the rest sums in double.
Status multiply(const Evaluation& eval, const Product& product, const Tensor& a, int64_t a_first,
                const Tensor& b, int64_t b_first, const Tensor* bias, Tensor& out, int64_t out_first);

// Elements first + group.offset(from + i) as doubles.
void gather_doubles(const Tensor& tensor, int64_t first, const IndexGroup& group, int64_t from,
                    std::span<double> out);

}  // namespace wf
