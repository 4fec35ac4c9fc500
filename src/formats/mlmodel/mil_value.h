// Types and literals of MIL.proto.
#pragma once

#include <memory>

#include "base/error.h"
#include "formats/wire/message.h"
#include "program/program.h"

namespace wf {

Result<ValueType> read_value_type(const Message& type);

// A Value message: an immediate literal, whose large numbers stay in the file that `owner` keeps, or a
// BlobRef.
Result<Constant> read_constant(const Message& value, const std::shared_ptr<const void>& owner);

}  // namespace wf
