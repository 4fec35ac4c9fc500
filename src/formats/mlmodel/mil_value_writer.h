// Types and literals as MIL.proto's messages, each as one field of the message being written.
#pragma once

#include "formats/wire/writer.h"
#include "program/program.h"

namespace wf {

void write_value_type(uint32_t field, const ValueType& type, WireWriter& out);

// A Value message: immediate, or a reference to `blob` if there is one.
void write_constant(uint32_t field, const Constant& constant, const BlobRef* blob, WireWriter& out);

}  // namespace wf
