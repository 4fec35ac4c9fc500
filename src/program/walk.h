// Visiting every constant of a program (those bound to arguments, those among the attributes of operations,
// functions and the program itself) and every value that an operation reads.
#pragma once

#include <variant>

#include "program/program.h"

namespace wf {

// Calls visit(constant) for the constants of one operation, those of its blocks left out. AnyOp is Op or
// const Op.
template <class AnyOp, class F>
void for_each_own_constant(AnyOp& op, F&& visit) {
  for (auto& argument : op.inputs) {
    for (auto& binding : argument.bindings) {
      if (auto* constant = std::get_if<Constant>(&binding)) visit(*constant);
    }
  }
  for (auto& attribute : op.attributes) visit(attribute.value);
}

// Every value that an operation or its nested blocks read.
template <class F>
void for_each_read(const Op& op, F&& visit) {
  for (const Argument& argument : op.inputs) {
    for (const Binding& binding : argument.bindings) {
      if (const auto* id = std::get_if<ValueId>(&binding)) visit(*id);
    }
  }
  for (const Block& block : op.blocks) {
    for (const Op& inner : block.ops) for_each_read(inner, visit);
    for (const ValueId id : block.outputs) visit(id);
  }
}

template <class F>
void for_each_constant(const Program& program, F&& visit) {
  for (const NamedConstant& attribute : program.attributes) visit(attribute.value);
  for (const Function& function : program.functions) {
    for (const NamedConstant& attribute : function.attributes) visit(attribute.value);
    for_each_op(function.body, [&](const Op& op, int) { for_each_own_constant(op, visit); });
  }
}

}  // namespace wf
