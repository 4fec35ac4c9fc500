// Matrix products over any layout; linear, matmul, einsum and attention share it.
#pragma once

#include "ops/call.h"
#include "ops/index_group.h"

namespace wf {

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

}  // namespace wf
