// Literals against their declared types.
#pragma once

#include "base/error.h"
#include "program/program.h"

namespace wf {

// Down to the innermost element, the literal is of the type it is declared with. Data that are not loaded
// (weights in a blob) pass.
Status verify_literal(const Constant& constant);

}  // namespace wf
