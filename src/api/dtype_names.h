// dtypes by the names that callers know them under.
#pragma once

#include <string_view>

#include "base/error.h"
#include "tensor/dtype.h"

namespace wf::api {

// "fp32" as Windfall writes it, and "float32", "Float32", "F32", "double" and their like. kInvalidArgument
// lists the names.
Result<DType> dtype_named(std::string_view name);

}  // namespace wf::api
