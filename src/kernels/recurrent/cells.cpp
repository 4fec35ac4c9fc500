#include "kernels/recurrent/cells.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/recurrent/cells.cpp"
#include "kernels/targets-inl.h"
// They come after that, in this order: once for each instruction set.
#include "kernels/vectors-inl.h"
//
#include "kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {
namespace {

HWY_INLINE V apply(GateFunction f, V x) {
  switch (f) {
    case GateFunction::kTanh:
      return vtanh(x);
    case GateFunction::kSigmoid:
      return vsigmoid(x);
    case GateFunction::kHardSigmoid:
      return clamp(hn::MulAdd(x, all(0.2f), all(0.5f)), hn::Zero(kFloats), all(1.0f));
    case GateFunction::kRelu:
      return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(kFloats)), x);
    case GateFunction::kLinear:
      break;
  }
  return x;
}

}  // namespace

void run_gate(GateFunction f, const float* x, float* out, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes) {
    store_first(apply(f, load_first(x + i, count - i)), out + i, count - i);
  }
}

void run_lstm(const LstmCell& cell, const float* sums, float* c, float* h) {
  const int64_t hidden = cell.hidden;
  const V high = all(cell.clip), low = hn::Neg(high);
  for (int64_t i = 0; i < hidden; i += kLanes) {
    const int64_t count = hidden - i;
    const auto sum = [&](int64_t gate) { return load_first(sums + gate * hidden + i, count); };
    const auto peep = [&](int64_t gate, V state, V to) {
      if (!cell.peephole) return to;
      return hn::MulAdd(load_first(cell.peephole + gate * hidden + i, count), state, to);
    };
    const V before = load_first(c + i, count);
    const V in = apply(cell.gate, peep(0, before, sum(0)));
    const V forget = apply(cell.gate, peep(1, before, sum(1)));
    const V kept = hn::Mul(forget, before);
    const V after = clamp(hn::Add(kept, hn::Mul(in, apply(cell.cell, sum(3)))), low, high);
    const V out = apply(cell.gate, peep(2, after, sum(2)));
    store_first(after, c + i, count);
    store_first(hn::Mul(out, apply(cell.output, after)), h + i, count);
  }
}

void run_gru_gates(const GruCell& cell, float* sums, const float* h, float* reset_h) {
  for (int64_t i = 0; i < cell.hidden; i += kLanes) {
    const int64_t count = cell.hidden - i;
    float* update_sums = sums + cell.hidden;
    const V reset = apply(cell.gate, load_first(sums + i, count));
    store_first(apply(cell.gate, load_first(update_sums + i, count)), update_sums + i, count);
    store_first(reset, sums + i, count);
    store_first(hn::Mul(reset, load_first(h + i, count)), reset_h + i, count);
  }
}

void run_gru_state(const GruCell& cell, const float* gates, const float* input, const float* recurrent,
                   bool reset_here, float* h) {
  for (int64_t i = 0; i < cell.hidden; i += kLanes) {
    const int64_t count = cell.hidden - i;
    V part = load_first(recurrent + i, count);
    if (reset_here) part = hn::Mul(load_first(gates + i, count), part);
    const V fresh = apply(cell.output, hn::Add(load_first(input + i, count), part));
    const V update = load_first(gates + cell.hidden + i, count);
    const V kept = hn::Mul(update, load_first(h + i, count));
    store_first(hn::Add(hn::Mul(hn::Sub(all(1.0f), update), fresh), kept), h + i, count);
  }
}

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wf {

GateKernel gate_kernel(Isa isa) { return WF_FOR_ISA(isa, run_gate); }
LstmKernel lstm_kernel(Isa isa) { return WF_FOR_ISA(isa, run_lstm); }
GruGatesKernel gru_gates_kernel(Isa isa) { return WF_FOR_ISA(isa, run_gru_gates); }
GruStateKernel gru_state_kernel(Isa isa) { return WF_FOR_ISA(isa, run_gru_state); }

}  // namespace wf
#endif
