// One element of a tensor in MIL text: decimal integers, true and false, C99 hexadecimal floats, inf and nan.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "tensor/tensor.h"

namespace wf::text {

// The bits of an element as the dtype stores it, in the low bit_width(dtype) bits. A number beyond the
// dtype's range is an error; one between two floating values is rounded to the nearest. Not for strings.
Result<uint64_t> scalar_bits(DType dtype, std::string_view text);

// What scalar_bits reads back bit for bit. A NaN with other bits than the usual ones becomes nan(0x7fc00001):
// the bits in parentheses; Apple's tools have no spelling for it.
void append_scalar(std::string& out, const Tensor& tensor, int64_t index);

}  // namespace wf::text
