// One call evaluated by its reference implementation, outside an interpreter.
#pragma once

#include <vector>

#include "ops/call.h"

namespace wf {

// All inputs known, no nested blocks. Outputs have these types, inferred from the call before; floating
// results are stored in the declared dtype.
Result<std::vector<Datum>> evaluate_call(Call call, std::vector<ValueType> types,
                                         const EngineServices& services);

}  // namespace wf
