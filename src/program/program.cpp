#include "program/program.h"

#include <fmt/format.h>

namespace wf {

const Argument* Op::find_input(std::string_view name) const {
  for (const Argument& argument : inputs) {
    if (argument.name == name) return &argument;
  }
  return nullptr;
}

const Constant* Op::find_attribute(std::string_view name) const {
  for (const NamedConstant& attribute : attributes) {
    if (attribute.name == name) return &attribute.value;
  }
  return nullptr;
}

std::string Op::label() const {
  const Constant* name = find_attribute("name");
  const Tensor* text = name ? name->data.tensor() : nullptr;
  if (text && text->dtype() == DType::kString && text->size() == 1)
    return fmt::format("{} '{}'", type, text->strings()[0]);
  return type;
}

ValueId Function::add_value(std::string name_in, ValueType type) {
  values.push_back({std::move(name_in), std::move(type)});
  return {static_cast<uint32_t>(values.size() - 1)};
}

const Function* Program::find(std::string_view name) const {
  for (const Function& function : functions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

}  // namespace wf
