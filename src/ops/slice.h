// Shared by slice_by_index and slice_update: Python's slices.
#pragma once

#include "ops/movement.h"

namespace wf {

// The elements a slice takes from a tensor of some shape.
struct Slice {
  Shape sizes;     // of every dimension; kUnknownSize where not known yet
  Shape squeezed;  // without the dimensions that squeeze_mask drops: the shape of the result
  Layout layout;   // where the elements lie; only meaningful when every size is known
};

// From the parameters begin, end, stride, begin_mask, end_mask, squeeze_mask of a call.
Result<Slice> resolve_slice(const Call& call, const Shape& shape);

}  // namespace wf
