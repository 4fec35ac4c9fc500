// A chain of elementwise operations done in one pass over memory: a list of instructions on registers, each a
// run of elements that stays in the first-level cache.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/isa.h"
#include "tensor/dtype.h"

namespace wf {

// Registers a, b, c; constants p, q.
enum class ElementwiseCode : uint8_t {
  kCopy,       // a
  kAffine,     // a * p + q
  kAdd,        // a + b
  kSub,        // a - b
  kMul,        // a * b
  kDiv,        // a / b
  kMax,        // NaN if either is
  kMin,        // NaN if either is
  kClamp,      // between p and q; NaN stays
  kLeaky,      // a < 0 ? a * p : a
  kThreshold,  // a < p ? 0 : a
  kAbs,
  kCeil,
  kFloor,
  kRound,  // half to even
  kSign,   // NaN stays
  kSquare,
  kSqrt,     // of a + p
  kRsqrt,    // 1 / sqrt(a + p)
  kInverse,  // 1 / (a + p)
  kExp,
  kLog,  // of a + p
  kErf,
  kTanh,
  kSigmoid,
  kSilu,      // a * sigmoid(a)
  kGelu,      // a / 2 * (1 + erf(a / sqrt(2)))
  kGeluTanh,  // a / 2 * (1 + tanh(sqrt(2 / pi) * (a + 0.044715 a^3)))
  kElu,       // a < 0 ? p * (exp(a) - 1) : a
  kSoftplus,  // log(1 + exp(a)), without overflow
  kEqual,     // comparisons give 1 or 0
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,  // of numbers that are 0 or not
  kOr,
  kXor,
  kNot,
  kHalf,     // rounded to fp16
  kSelect,   // a != 0 ? b : c
  kScalar,   // function(a), element by element
  kScalar2,  // function2(a, b)
};

struct ElementwiseInstruction {
  ElementwiseCode code = ElementwiseCode::kCopy;
  uint8_t out = 0, a = 0, b = 0, c = 0;
  float p = 0, q = 0;
  float (*function)(float) = nullptr;
  float (*function2)(float, float) = nullptr;
};

// Registers 0 to operands - 1 hold the operands, the others what instructions compute. The last instruction's
// register is the result.
struct ElementwiseProgram {
  int operands = 0;
  int registers = 0;
  std::vector<ElementwiseInstruction> code;
};

inline constexpr int kMostElementwiseRegisters = 64;
// Elements of a run.
inline constexpr int64_t kElementwiseRun = 512;

// An operand over a segment of consecutive elements: that many, or one that is repeated. fp32, bool or int32.
struct ElementwiseOperand {
  const void* data = nullptr;
  DType dtype = DType::kFloat32;
  bool repeats = false;
};

// Floats of scratch memory that a segment needs.
inline int64_t elementwise_scratch_floats(const ElementwiseProgram& program) {
  return program.registers * kElementwiseRun;
}

// out[i] = the program's result for element i, as fp32 or (out_dtype bool) 0 or 1. `out` may be one of the
// operands that are not repeated.
using ElementwiseFunction = void (*)(const ElementwiseProgram& program, const ElementwiseOperand* operands,
                                     int64_t count, void* out, DType out_dtype, float* scratch);
ElementwiseFunction elementwise_function(Isa isa);

}  // namespace wf
