// One operation becomes steps. A file src/plan/lower/NAME.cpp exports a table of rules, found by CMake as the
// operations are.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/elementwise/program.h"
#include "ops/call.h"
#include "plan/packed_weights.h"
#include "plan/plan.h"
#include "plan/precision.h"
#include "plan/view.h"

namespace wf {

class Planner;

// Elementwise operations that follow a product or a convolution and are done to its output while it is in the
// cache. Operand 0 is that output; the others broadcast to it.
struct Epilogue {
  ElementwiseProgram program;
  std::vector<View> operands;  // from operand 1 on
};

class Lowering {
 public:
  Lowering(Planner& planner, const Call& call) : planner_(planner), call_(call) {}

  const Call& call() const { return call_; }
  Isa isa() const;
  int threads() const;
  Precision precision() const;

  // Where an argument's value lies. Known values become constants of the plan, fp16 as fp32.
  Result<View> input(std::string_view name, size_t i = 0);
  // The same lying densely in this order, moved there if it does not yet.
  Result<View> arranged(std::string_view name, const Order& order, size_t i = 0);
  Result<View> row_major(std::string_view name, size_t i = 0);
  Result<View> arrange(const View& view, const Order& order);

  const ValueType& output_type(size_t i) const;
  const Shape& output_shape(size_t i) const { return *output_type(i).tensor()->shape; }
  // Is a product over `inner` elements done with bf16 operands?
  bool uses_bfloats(int64_t inner) const;
  // A dense fp32 view as bf16, rounded by a step of its own.
  View as_bfloats(const View& view);

  // The order in which whoever reads output i would like it: row-major, unless a transposition follows.
  Order preferred_order(size_t i) const;
  // Memory for output i, dense in this order, and the output declared to lie there.
  View new_output(size_t i, const Order& order);
  // Memory that only the coming step uses, or steps of this operation.
  View temporary(DType dtype, const Shape& shape, const Order& order);
  // An output that is another view of memory there is.
  void set_output(size_t i, View view);

  // The elements of a view of a constant of the plan; null if it is computed.
  const float* constant_floats(const View& view) const;
  // Bytes of a value made while planning: tables, rearranged weights.
  View constant(DType dtype, const Shape& shape, AlignedBuffer bytes);

  void emit(std::string kernel, std::vector<View> inputs, std::vector<View> outputs, StepCode code,
            int64_t scratch_bytes = 0, int64_t weight_bytes = 0);

  void emit_step(Step step);
  // Copies a view into another of the same shape and dtype, of whole bytes: a part of an output, mostly.
  void emit_copy(const View& from, const View& to);

  // The matrices of a weight argument, made once for all plans of the function. `form` tells apart the ways
  // in which operations pack one value. With `extents`, the size of each, they may come from a store.
  Result<PackedWeights::Matrices> packed(std::string_view name, uint64_t form,
                                         const std::function<Result<PackedWeights::Matrices>()>& make,
                                         std::span<const MatrixExtent> extents = {});

  // What to do to the output before it is stored. A rule that takes it calls take_epilogue(); else the
  // planner adds it as a step of its own.
  const Epilogue* epilogue() const { return epilogue_; }
  void take_epilogue() { took_epilogue_ = true; }

 private:
  friend class Planner;
  Planner& planner_;
  const Call& call_;
  const Epilogue* epilogue_ = nullptr;
  ValueId epilogue_result_;
  bool took_epilogue_ = false;
};

// False: not this call; the reference implementation does it.
using LowerFunction = Result<bool> (*)(Lowering&);

struct LowerRule {
  std::string_view op;
  LowerFunction lower;
  // Takes epilogues: its first output is fp32 and computed in one go.
  bool takes_epilogue = false;
};
struct LowerFile {
  std::span<const LowerRule> rules;
};

const LowerRule* find_lower_rule(std::string_view op);

}  // namespace wf

// At the end of src/plan/lower/NAME.cpp:  WF_LOWER_FILE(NAME, kRules)
#define WF_LOWER_FILE(stem, table)          \
  extern const LowerFile lower_file_##stem; \
  constinit const LowerFile lower_file_##stem { table }
