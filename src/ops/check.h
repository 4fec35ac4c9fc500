// Checks that can be made on a function before it runs.
#pragma once

#include "base/error.h"
#include "program/program.h"

namespace wf {

// Every operation is known in the function's opset and has the parameters and dtypes its definition asks for,
// as far as the declared types tell. The error of an unknown operation names it, its opset and its position,
// and every other unknown operation of the function.
Status check_operations(const Function& function);

}  // namespace wf
