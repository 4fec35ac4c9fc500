// 3x3 convolutions by Winograd's minimal filtering, where that is faster and its weights are small.
#pragma once

#include "kernels/conv/convolution.h"
#include "plan/lowering.h"
#include "tensor/tensor.h"

namespace wf {

// `weight` as kernel_weights() gives it. Only for weights declared fp16: the error, a few units of fp32, is
// more than a model declared fp32 may expect.
bool winograd_pays(const Convolution& shape, const Tensor& weight);
Result<bool> lower_winograd(Lowering& lowering, Convolution shape, const Tensor& weight);

}  // namespace wf
