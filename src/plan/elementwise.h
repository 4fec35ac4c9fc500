// Elementwise operations as instructions.
#pragma once

#include <vector>

#include "kernels/elementwise/program.h"
#include "ops/call.h"
#include "plan/plan.h"

namespace wf {

// Writes instructions; registers of operands and results are numbers that the caller gave or got.
class ElementwiseWriter {
 public:
  explicit ElementwiseWriter(ElementwiseProgram& program) : program_(program) {}

  // A new register that holds the instruction's result.
  uint8_t add(ElementwiseCode code, uint8_t a, uint8_t b = 0, uint8_t c = 0, float p = 0, float q = 0);
  uint8_t add(float (*function)(float), uint8_t a);
  uint8_t add(float (*function)(float, float), uint8_t a, uint8_t b);

 private:
  ElementwiseProgram& program_;
};

// The parameters of an elementwise operation that are tensors of the size of its output, in the order of
// their registers: {"x", "y"}. Empty: it is not an elementwise operation this engine fuses, or not with these
// dtypes.
std::vector<std::string_view> elementwise_operands(const Call& call);
// The instructions of the call for operands in these registers; the result's register.
uint8_t write_elementwise(const Call& call, const std::vector<uint8_t>& operands, ElementwiseWriter& writer);

// The step that runs a program over nested loops: strides of the output first, then of the operands. Along
// the innermost loop the output is contiguous, an operand too or one element repeated.
StepCode elementwise_step(const ElementwiseProgram& program, Loops loops, const std::vector<View>& operands,
                          DType out_dtype, Isa isa, int64_t scratch_bytes);

}  // namespace wf
