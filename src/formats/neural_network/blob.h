// What a name of a neural network stands for while it is lowered.
#pragma once

#include <cstdint>

#include "program/program.h"

namespace wf {

// Under the rank-5 mapping a blob is [Seq, Batch, C, H, W] by definition, and nearly always Seq = 1: that
// leading 1 is then not part of the value, so that an old layer works on [N, C, H, W] without a reshape.
// `hidden` counts such leading ones (0 or 1); the blob's rank is the value's rank plus `hidden`.
// A value of rank 0, left by a layer that drops every dimension, counts as [1] except in layers that work
// element by element, which keep it, and in expandDims, whose result has as many dimensions as it names axes.
struct Blob {
  ValueId value;
  int64_t hidden = 0;
};

}  // namespace wf
