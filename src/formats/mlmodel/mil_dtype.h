// Element types as MIL.proto numbers them.
#pragma once

#include <cstdint>
#include <optional>

#include "proto/mil.h"
#include "tensor/dtype.h"

namespace wf {

std::optional<DType> dtype_of_mil(uint64_t code);
proto::MilDataType mil_of_dtype(DType dtype);

}  // namespace wf
