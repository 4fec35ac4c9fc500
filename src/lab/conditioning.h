// How far an answer can be trusted at all: a model may magnify the rounding of its own inputs.
#pragma once

#include "base/error.h"
#include "runtime/model.h"

namespace wf {

// How far the outputs of `exact` (a model on the engine "reference:exact") move, relative to each output's
// scale, when every element of every floating input becomes its neighbour in fp32, above or below by a fixed
// coin. An engine that computes in fp32 rounds at every step, so its error on such inputs is a small multiple
// of this, whoever wrote it.
Result<double> effect_of_one_ulp(const Model& exact, const Features& inputs,
                                 const InferOptions& options = {});

}  // namespace wf
