// A function for inputs of known shapes: as much of it as is straight-line with every type concrete, what can
// be known being known.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "ops/call.h"
#include "program/program.h"

namespace wf {

// Floating values are fp32 whatever the file declares: the engine computes there, more precisely than fp16
// and on every processor. Constants keep the file's bytes (fp16 stays fp16) with the type fp32.
struct StaticFunction {
  // Its body without const operations; its outputs are what the function's own outputs and the rest read of
  // it.
  Function function;
  std::vector<Datum> known;  // by value index; unknown: computed when it runs
  // By value index: known whatever the shapes of the inputs are.
  std::vector<bool> fixed;
  // Operations of the function as it was given that cannot be planned (nested blocks, lists, states, strings,
  // sizes that depend on data) and all that depends on them, in order: an interpreter runs them afterwards.
  std::vector<const Op*> rest;

  bool is_known(ValueId id) const { return known[id.index].known(); }
  const ValueType& type(ValueId id) const { return function.value(id).type; }
  const Shape& shape(ValueId id) const { return *type(id).tensor()->shape; }
  // A new value that operations can compute, or one that is known.
  ValueId add_value(std::string name, ValueType type);
  ValueId add_known(std::string name, Tensor value);
  // The call of one of its operations.
  Result<Call> call(const Op& op) const;
};

// The function for these input shapes; the shape of an input that is no tensor does not count. Operations of
// known operands are evaluated now. `function` must outlive the result.
Result<StaticFunction> specialize(const Function& function, const std::vector<Shape>& inputs);

// The tensor type with fp16 (and other floats) as fp32.
ValueType widened(const ValueType& type);

}  // namespace wf
