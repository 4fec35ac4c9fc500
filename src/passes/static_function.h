// A function for inputs of known shapes: straight-line, every type concrete, what can be known is known.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "ops/call.h"
#include "program/program.h"

namespace wf {

// Floating values are fp32 whatever the file declares: the engine computes there, more precisely than fp16
// and on every processor. Constants keep the file's bytes (fp16 stays fp16) with the type fp32.
struct StaticFunction {
  Function function;         // its body without const operations and nested blocks
  std::vector<Datum> known;  // by value index; unknown: computed when it runs

  bool is_known(ValueId id) const { return known[id.index].known(); }
  const ValueType& type(ValueId id) const { return function.value(id).type; }
  const Shape& shape(ValueId id) const { return *type(id).tensor()->shape; }
  // A new value that operations can compute, or one that is known.
  ValueId add_value(std::string name, ValueType type);
  ValueId add_known(std::string name, Tensor value);
  // The call of one of its operations.
  Result<Call> call(const Op& op) const;
};

// The function for these input shapes, or nothing if it cannot be one: it has nested blocks, lists, states or
// strings, or shapes that depend on data. Operations of known operands are evaluated now.
Result<std::optional<StaticFunction>> specialize(const Function& function, const std::vector<Shape>& inputs);

// The tensor type with fp16 (and other floats) as fp32.
ValueType widened(const ValueType& type);

}  // namespace wf
