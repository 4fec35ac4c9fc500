// Shared by linear.cpp, which has the rule for matmul.
#pragma once

#include "plan/lowering.h"

namespace wf {

Result<bool> lower_batched_matmul(Lowering& lowering);

}  // namespace wf
