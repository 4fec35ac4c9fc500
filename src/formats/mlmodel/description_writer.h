// Description -> the ModelDescription message.
#pragma once

#include "formats/wire/writer.h"
#include "program/description.h"

namespace wf {

// Writes the fields of the message.
void write_description(const Description& description, WireWriter& out);

}  // namespace wf
