// Faults of bindings, put into right outputs on purpose.
#pragma once

#include <string_view>

#include "tensor/tensor.h"

namespace wf::test {

// "half_as_float"  the fp16 bytes read as fp32, what is beyond them zero
// "float_as_half"  the fp32 bytes read as fp16
// "padding"        rows padded to 64 bytes copied as if dense; the padding is NaN-free garbage
// "transposed"     the last two dimensions in the other order, the shape as it should be
// "byte_order"     each element's bytes reversed
// "channels"       the first dimension of three (or the last) reversed: RGB read as BGR
// "no_softmax"     the logarithm, as a model gives that lacks its last softmax
// "zeros", "nan", "shifted" (by one element), "scaled" (by 255)
// An unknown kind changes nothing.
Tensor made_wrong(const Tensor& right, std::string_view kind);

}  // namespace wf::test
