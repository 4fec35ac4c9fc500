#include "structure.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "tensor/shape.h"

namespace nb = nanobind;

namespace wf::python {
namespace {

// (name, shape); the shape is None where it is open or the value is no tensor.
nb::tuple value_object(const Value& value) {
  const TensorType* type = value.type.tensor();
  if (!type || !type->is_static()) return nb::make_tuple(value.name, nb::none());
  return nb::make_tuple(value.name, nb::tuple(nb::cast(*type->shape)));
}

nb::list values_object(const Function& function, const std::vector<ValueId>& ids) {
  nb::list out;
  for (const ValueId id : ids) out.append(value_object(function.value(id)));
  return out;
}

nb::dict arguments_object(const Function& function, const Op& op) {
  nb::dict out;
  for (const Argument& argument : op.inputs) {
    nb::list bindings;  // the name of a value, or None for a literal
    for (const Binding& binding : argument.bindings) {
      const ValueId* id = std::get_if<ValueId>(&binding);
      if (id)
        bindings.append(function.value(*id).name);
      else
        bindings.append(nb::none());
    }
    out[nb::str(argument.name.c_str(), argument.name.size())] = bindings;
  }
  return out;
}

nb::dict block_object(const Function& function, const Block& block) {
  nb::list operations;
  for (const Op& op : block.ops) {
    nb::list inner;
    for (const Block& each : op.blocks) inner.append(block_object(function, each));
    nb::dict operation;
    operation["operator"] = op.type;
    operation["inputs"] = arguments_object(function, op);
    operation["outputs"] = values_object(function, op.outputs);
    operation["blocks"] = inner;
    operations.append(operation);
  }
  nb::list outputs;
  for (const ValueId id : block.outputs) outputs.append(function.value(id).name);
  nb::dict out;
  out["inputs"] = values_object(function, block.inputs);
  out["operations"] = operations;
  out["outputs"] = outputs;
  return out;
}

}  // namespace

nb::dict dict_from_structure(const ModelFile& file) {
  nb::dict functions;
  if (file.program) {
    for (const Function& function : file.program->functions) {
      nb::dict out;
      out["inputs"] = values_object(function, function.inputs);
      out["block"] = block_object(function, function.body);
      functions[nb::str(function.name.c_str(), function.name.size())] = out;
    }
  }
  nb::list parts;
  for (const ModelFile& part : file.parts) parts.append(dict_from_structure(part));
  nb::dict out;
  out["type"] = file.type;
  out["functions"] = functions;
  out["parts"] = parts;
  return out;
}

}  // namespace wf::python
