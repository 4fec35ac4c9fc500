// Literals of tensors in MIL text: nested brackets, one level for each dimension.
#pragma once

#include "program/text/cursor.h"
#include "program/type.h"
#include "tensor/tensor.h"

namespace wf::text {

// Sizes that the type leaves open are taken from the literal. Time and memory grow with the text, not with
// the type.
Result<Tensor> parse_tensor_literal(Cursor& cursor, const TensorType& type);

// `type` is the one written before the literal: where it leaves no size open, a tensor without elements is
// just "[]", however large its other sizes are.
void append_tensor_literal(std::string& out, const Tensor& tensor, const TensorType& type);

}  // namespace wf::text
