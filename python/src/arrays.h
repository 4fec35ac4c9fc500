// NumPy arrays and everything else that speaks the buffer protocol or DLPack.
#pragma once

#include <nanobind/nanobind.h>

#include <optional>

#include "base/error.h"
#include "tensor/tensor.h"

namespace wf::python {

// The elements stay where they are if they lie densely in row-major order, else they are copied. Nothing if
// the object is no array; an error if it is one we cannot take (another device, complex numbers).
Result<std::optional<Tensor>> tensor_from_array(nanobind::handle object);

// An array that may be written: a copy, for a tensor may share its bytes with the model or with an input.
nanobind::object array_from_tensor(Tensor tensor);

// The tensor with memory of its own, however it came by its bytes.
Result<Tensor> owned_copy(const Tensor& tensor);

}  // namespace wf::python
