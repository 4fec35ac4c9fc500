// Between fp16, bf16 and fp32.
#pragma once

#include <cstdint>

#include "kernels/isa.h"

namespace wf {

void halves_to_floats(Isa isa, const void* halves, float* floats, int64_t count);
// Rounds to nearest even; beyond fp16's range: infinity.
void floats_to_halves(Isa isa, const float* floats, void* halves, int64_t count);

// Rounds to nearest even; NaN stays one.
void floats_to_bfloats(Isa isa, const float* floats, void* bfloats, int64_t count);

}  // namespace wf
