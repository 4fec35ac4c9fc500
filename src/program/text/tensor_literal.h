// Literals of tensors in MIL text: nested brackets, one level for each dimension.
#pragma once

#include "program/text/cursor.h"
#include "program/type.h"
#include "tensor/tensor.h"

namespace wf::text {

// Sizes that the type leaves open are taken from the literal. Time and memory grow with the text, not with
// the type.
Result<Tensor> parse_tensor_literal(Cursor& cursor, const TensorType& type);

void append_tensor_literal(std::string& out, const Tensor& tensor);

}  // namespace wf::text
