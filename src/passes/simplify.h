// Operations written as simpler ones.
#pragma once

#include "passes/static_function.h"

namespace wf {

// Appends the operation to the function's body, or others that compute the same: batch_norm becomes a
// multiplication and an addition, prelu a choice. True.
Result<bool> append_simplified(StaticFunction& function, Op op, const Call& call);

}  // namespace wf
