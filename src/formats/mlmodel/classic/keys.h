// Lists of class labels and categories, as the format stores them.
#pragma once

#include <cstdint>

#include "classic/key.h"
#include "formats/wire/message.h"

namespace wf {

// The StringVector or the Int64Vector of the message, whichever is there; empty if neither is.
Keys read_keys(const Message& message, uint32_t texts_field, uint32_t integers_field);

}  // namespace wf
