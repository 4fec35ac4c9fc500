#include <cstring>

#include "plan/lower/weights.h"

namespace wf {

Result<Tensor> kernel_weights(const Tensor& tensor) {
  if (tensor.dtype() != DType::kFloat16 && tensor.dtype() != DType::kFloat32) {
    return converted(tensor, DType::kFloat32);
  }
  const auto address = reinterpret_cast<uintptr_t>(tensor.bytes().data());
  if (address % sizeof(float) == 0) return tensor;
  WF_TRY(Tensor copy, Tensor::allocate(tensor.dtype(), tensor.shape()));
  std::memcpy(copy.mutable_bytes().data(), tensor.bytes().data(), static_cast<size_t>(tensor.byte_size()));
  return copy;
}

}  // namespace wf
