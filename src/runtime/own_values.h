// Values for a call that may outlive its caller.
#pragma once

#include <span>
#include <vector>

#include "base/error.h"
#include "program/datum.h"

namespace wf {

// The same values, each state in a cell of its own that stands in for the given one. Copies no tensor.
std::vector<Datum> with_own_cells(std::span<const Datum> values);
// The same with bytes of their own, too: a caller's tensor may be a view of memory that the caller frees.
Result<std::vector<Datum>> with_own_bytes(std::span<const Datum> values);

// Sets the callers' states to what a call left in its own.
void set_states(std::span<const Datum> callers, std::span<const Datum> own);

}  // namespace wf
