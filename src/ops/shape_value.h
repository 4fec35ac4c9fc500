// For operations that take the shape of their output as a tensor named "shape".
#pragma once

#include "ops/call.h"

namespace wf {

// The output has the sizes that "shape" holds; unknown sizes, or an unknown rank, while it is not known.
Result<std::vector<ValueType>> infer_from_shape_value(const Call& call, DType dtype);

}  // namespace wf
