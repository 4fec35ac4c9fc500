// The ModelDescription message: what a model takes and gives. Used by every container that holds one.
#pragma once

#include "base/error.h"
#include "formats/wire/message.h"
#include "program/description.h"

namespace wf {

// Reads a ModelDescription message. Damage of the wire format itself is in the message's WireErrors, as
// always: the caller asks for it before it trusts the answer.
Result<Description> read_description(const Message& description);

}  // namespace wf
