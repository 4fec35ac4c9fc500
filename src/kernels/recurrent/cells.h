// What recurrent cells do with their gates' sums, for one element of the batch.
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/isa.h"

namespace wf {

enum class GateFunction : uint8_t { kTanh, kSigmoid, kHardSigmoid, kRelu, kLinear };

// out[i] = f(x[i]).
using GateKernel = void (*)(GateFunction f, const float* x, float* out, int64_t count);
GateKernel gate_kernel(Isa isa);

struct LstmCell {
  int64_t hidden = 0;
  GateFunction gate = GateFunction::kSigmoid, cell = GateFunction::kTanh, output = GateFunction::kTanh;
  const float* peephole = nullptr;  // input, forget, output: `hidden` apart
  float clip = std::numeric_limits<float>::infinity();
};
// `sums` of input, forget, output and cell gate, `hidden` apart; c and h [hidden] are replaced.
using LstmKernel = void (*)(const LstmCell& cell, const float* sums, float* c, float* h);
LstmKernel lstm_kernel(Isa isa);

struct GruCell {
  int64_t hidden = 0;
  GateFunction gate = GateFunction::kSigmoid, output = GateFunction::kTanh;
};
// Before the product with the fresh gate's weights: `sums` of reset and update gate become the gates; reset_h
// = reset * h.
using GruGatesKernel = void (*)(const GruCell& cell, float* sums, const float* h, float* reset_h);
// After it: fresh = f(input + recurrent), or f(input + reset * recurrent) if the reset acts here; h is
// replaced.
using GruStateKernel = void (*)(const GruCell& cell, const float* gates, const float* input,
                                const float* recurrent, bool reset_here, float* h);
GruGatesKernel gru_gates_kernel(Isa isa);
GruStateKernel gru_state_kernel(Isa isa);

}  // namespace wf
