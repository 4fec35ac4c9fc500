#include "kernels/elementwise/program.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/program.cpp"
#include "kernels/targets-inl.h"
// They come after that, in this order: once for each instruction set.
#include "kernels/vectors-inl.h"
//
#include "kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {
namespace {

using Code = ElementwiseCode;
using M = hn::Mask<F>;

// out[i] = f(a[i]): whole vectors, then what is left.
template <class Function>
HWY_INLINE void each(float* out, int64_t count, const float* a, Function f) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(f(load(a + i)), out + i);
  if (i < count) store_first(f(load_first(a + i, count - i)), out + i, count - i);
}
template <class Function>
HWY_INLINE void each(float* out, int64_t count, const float* a, const float* b, Function f) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(f(load(a + i), load(b + i)), out + i);
  if (i < count)
    store_first(f(load_first(a + i, count - i), load_first(b + i, count - i)), out + i, count - i);
}
template <class Function>
HWY_INLINE void each(float* out, int64_t count, const float* a, const float* b, const float* c, Function f) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(f(load(a + i), load(b + i), load(c + i)), out + i);
  if (i < count) {
    const int64_t rest = count - i;
    store_first(f(load_first(a + i, rest), load_first(b + i, rest), load_first(c + i, rest)), out + i, rest);
  }
}

HWY_INLINE V one_if(M mask) { return hn::IfThenElseZero(mask, all(1.0f)); }
HWY_INLINE M is_true(V value) { return hn::Not(hn::Eq(value, hn::Zero(kFloats))); }

HWY_INLINE V gelu(V x) {
  return hn::Mul(hn::Mul(x, all(0.5f)), hn::Add(all(1.0f), verf(hn::Mul(x, all(0.70710678f)))));
}
HWY_INLINE V gelu_tanh(V x) {
  const V cube = hn::Mul(hn::Mul(x, x), x);
  const V inner = hn::Mul(all(0.79788456f), hn::MulAdd(all(0.044715f), cube, x));
  return hn::Mul(hn::Mul(x, all(0.5f)), hn::Add(all(1.0f), vtanh(inner)));
}
HWY_INLINE V softplus(V x) {  // max(x, 0) + log(1 + exp(-|x|))
  const V e = vexp(hn::Neg(hn::Abs(x)));
  // log(1 + e) for small e, where 1 + e loses its digits: e - e^2 / 2.
  const V small = hn::Mul(e, hn::Sub(all(1.0f), hn::Mul(all(0.5f), e)));
  const V tail = hn::IfThenElse(hn::Lt(e, all(1e-3f)), small, vlog(hn::Add(all(1.0f), e)));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Add(hn::Max(x, hn::Zero(kFloats)), tail));
}
HWY_INLINE V elu(V x, V alpha) {
  // exp(x) - 1 for small |x|: its series to x^4, error below 1e-8.
  V series = hn::MulAdd(x, all(1.0f / 24), all(1.0f / 6));
  series = hn::MulAdd(x, series, all(0.5f));
  series = hn::MulAdd(hn::Mul(x, x), series, x);
  const V far = hn::Sub(vexp(hn::Min(x, hn::Zero(kFloats))), all(1.0f));
  const V less = hn::IfThenElse(hn::Gt(x, all(-0.05f)), series, far);
  return hn::IfThenElse(hn::Lt(x, hn::Zero(kFloats)), hn::Mul(alpha, less), x);
}
HWY_INLINE V to_half_and_back(V x) {
  hwy::float16_t halves[kLanes];
  store(x, halves);
  return load(halves);
}
HWY_INLINE V sign(V x) {
  const V s = hn::Sub(one_if(hn::Gt(x, hn::Zero(kFloats))), one_if(hn::Lt(x, hn::Zero(kFloats))));
  return hn::IfThenElse(hn::IsNaN(x), x, s);
}

void execute(const ElementwiseInstruction& i, const float* a, const float* b, const float* c, float* out,
             int64_t n) {
  const V p = all(i.p), q = all(i.q);
  const V zero = hn::Zero(kFloats), one = all(1.0f);
  switch (i.code) {
    case Code::kCopy:
      return each(out, n, a, [&](V x) { return x; });
    case Code::kAffine:
      return each(out, n, a, [&](V x) { return hn::MulAdd(x, p, q); });
    case Code::kAdd:
      return each(out, n, a, b, [&](V x, V y) { return hn::Add(x, y); });
    case Code::kSub:
      return each(out, n, a, b, [&](V x, V y) { return hn::Sub(x, y); });
    case Code::kMul:
      return each(out, n, a, b, [&](V x, V y) { return hn::Mul(x, y); });
    case Code::kDiv:
      return each(out, n, a, b, [&](V x, V y) { return hn::Div(x, y); });
    case Code::kMax:
      return each(out, n, a, b, [&](V x, V y) { return max_or_nan(x, y); });
    case Code::kMin:
      return each(out, n, a, b, [&](V x, V y) { return min_or_nan(x, y); });
    case Code::kClamp:
      return each(out, n, a, [&](V x) { return clamp(x, p, q); });
    case Code::kLeaky:
      return each(out, n, a, [&](V x) { return hn::IfThenElse(hn::Lt(x, zero), hn::Mul(x, p), x); });
    case Code::kThreshold:
      return each(out, n, a, [&](V x) { return hn::IfThenZeroElse(hn::Lt(x, p), x); });
    case Code::kAbs:
      return each(out, n, a, [&](V x) { return hn::Abs(x); });
    case Code::kCeil:
      return each(out, n, a, [&](V x) { return hn::Ceil(x); });
    case Code::kFloor:
      return each(out, n, a, [&](V x) { return hn::Floor(x); });
    case Code::kRound:
      return each(out, n, a, [&](V x) { return hn::Round(x); });
    case Code::kSign:
      return each(out, n, a, [&](V x) { return sign(x); });
    case Code::kSquare:
      return each(out, n, a, [&](V x) { return hn::Mul(x, x); });
    case Code::kSqrt:
      return each(out, n, a, [&](V x) { return hn::Sqrt(hn::Add(x, p)); });
    case Code::kRsqrt:
      return each(out, n, a, [&](V x) { return hn::Div(one, hn::Sqrt(hn::Add(x, p))); });
    case Code::kInverse:
      return each(out, n, a, [&](V x) { return hn::Div(one, hn::Add(x, p)); });
    case Code::kExp:
      return each(out, n, a, [&](V x) { return vexp(x); });
    case Code::kLog:
      return each(out, n, a, [&](V x) { return vlog(hn::Add(x, p)); });
    case Code::kErf:
      return each(out, n, a, [&](V x) { return verf(x); });
    case Code::kTanh:
      return each(out, n, a, [&](V x) { return vtanh(x); });
    case Code::kSigmoid:
      return each(out, n, a, [&](V x) { return vsigmoid(x); });
    case Code::kSilu:
      return each(out, n, a, [&](V x) { return hn::Mul(x, vsigmoid(x)); });
    case Code::kGelu:
      return each(out, n, a, [&](V x) { return gelu(x); });
    case Code::kGeluTanh:
      return each(out, n, a, [&](V x) { return gelu_tanh(x); });
    case Code::kElu:
      return each(out, n, a, [&](V x) { return elu(x, p); });
    case Code::kSoftplus:
      return each(out, n, a, [&](V x) { return softplus(x); });
    case Code::kEqual:
      return each(out, n, a, b, [&](V x, V y) { return one_if(hn::Eq(x, y)); });
    case Code::kNotEqual:
      return each(out, n, a, b, [&](V x, V y) { return one_if(hn::Not(hn::Eq(x, y))); });
    case Code::kLess:
      return each(out, n, a, b, [&](V x, V y) { return one_if(hn::Lt(x, y)); });
    case Code::kLessEqual:
      return each(out, n, a, b, [&](V x, V y) { return one_if(hn::Le(x, y)); });
    case Code::kGreater:
      return each(out, n, a, b, [&](V x, V y) { return one_if(hn::Gt(x, y)); });
    case Code::kGreaterEqual:
      return each(out, n, a, b, [&](V x, V y) { return one_if(hn::Ge(x, y)); });
    case Code::kAnd:
      return each(out, n, a, b, [&](V x, V y) { return one_if(hn::And(is_true(x), is_true(y))); });
    case Code::kOr:
      return each(out, n, a, b, [&](V x, V y) { return one_if(hn::Or(is_true(x), is_true(y))); });
    case Code::kXor:
      return each(out, n, a, b, [&](V x, V y) { return one_if(hn::Xor(is_true(x), is_true(y))); });
    case Code::kNot:
      return each(out, n, a, [&](V x) { return one_if(hn::Eq(x, zero)); });
    case Code::kHalf:
      return each(out, n, a, [&](V x) { return to_half_and_back(x); });
    case Code::kSelect:
      return each(out, n, a, b, c, [&](V x, V y, V z) { return hn::IfThenElse(is_true(x), y, z); });
    case Code::kScalar:
      for (int64_t k = 0; k < n; ++k) out[k] = i.function(a[k]);
      return;
    case Code::kScalar2:
      for (int64_t k = 0; k < n; ++k) out[k] = i.function2(a[k], b[k]);
      return;
  }
}

void fill(float* out, int64_t count, float value) { std::fill(out, out + count, value); }

float element(const ElementwiseOperand& operand, int64_t i) {
  switch (operand.dtype) {
    case DType::kBool:
      return static_cast<const uint8_t*>(operand.data)[i] ? 1.0f : 0.0f;
    case DType::kInt32:
      return static_cast<float>(static_cast<const int32_t*>(operand.data)[i]);
    default:
      return static_cast<const float*>(operand.data)[i];
  }
}

}  // namespace

void run_elementwise(const ElementwiseProgram& program, const ElementwiseOperand* operands, int64_t count,
                     void* out, DType out_dtype, float* scratch) {
  const float* registers[kMostElementwiseRegisters];
  float* own[kMostElementwiseRegisters];
  for (int r = 0; r < program.registers; ++r) registers[r] = own[r] = scratch + r * kElementwiseRun;
  for (int r = 0; r < program.operands; ++r) {
    if (operands[r].repeats) fill(own[r], std::min(count, kElementwiseRun), element(operands[r], 0));
  }
  for (int64_t first = 0; first < count; first += kElementwiseRun) {
    const int64_t n = std::min(kElementwiseRun, count - first);
    for (int r = 0; r < program.operands; ++r) {
      const ElementwiseOperand& operand = operands[r];
      if (operand.repeats) continue;
      if (operand.dtype == DType::kFloat32) {
        registers[r] = static_cast<const float*>(operand.data) + first;
      } else {
        for (int64_t i = 0; i < n; ++i) own[r][i] = element(operand, first + i);
      }
    }
    for (size_t k = 0; k < program.code.size(); ++k) {
      const ElementwiseInstruction& i = program.code[k];
      const bool is_last = k + 1 == program.code.size();
      float* target = is_last && out_dtype == DType::kFloat32 ? static_cast<float*>(out) + first : own[i.out];
      execute(i, registers[i.a], registers[i.b], registers[i.c], target, n);
      registers[i.out] = target;
    }
    if (out_dtype != DType::kFloat32) {
      const float* result = registers[program.code.back().out];
      uint8_t* flags = static_cast<uint8_t*>(out) + first;
      for (int64_t i = 0; i < n; ++i) flags[i] = result[i] != 0;
    }
  }
}

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wf {

ElementwiseFunction elementwise_function(Isa isa) { return WF_FOR_ISA(isa, run_elementwise); }

}  // namespace wf
#endif
