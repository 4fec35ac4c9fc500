// Weights as the products' rules read them.
#pragma once

#include "kernels/gemm/packed_matrix.h"
#include "tensor/tensor.h"

namespace wf {

// fp16 or fp32 elements at an address fit for them.
Result<Tensor> kernel_weights(const Tensor& tensor);

inline MatrixView matrix_of(const Tensor& weights, int64_t inner_stride, int64_t column_stride) {
  return {weights.bytes().data(), weights.dtype() == DType::kFloat16, inner_stride, column_stride};
}

}  // namespace wf
