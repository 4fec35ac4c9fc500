#include <fmt/format.h>

#include "program/text.h"

namespace wf {
namespace {

using Resolve = std::function<Result<Tensor>(const BlobRef&, const TensorType&)>;

Status resolve_constant(Constant& constant, const Resolve& resolve) {
  if (!constant.blob || constant.data.known()) return {};
  const TensorType* type = constant.type.tensor();
  if (!type || !type->is_static()) {
    return Error(ErrorCode::kBadModel,
                 fmt::format("a blob for a value of type {}", to_string(constant.type)));
  }
  WF_TRY(Tensor tensor, resolve(*constant.blob, *type));
  // An invalid tensor: the weights are not there and the reader goes on without them.
  if (tensor.valid()) constant.data = std::move(tensor);
  return {};
}

Status resolve_all(std::vector<NamedConstant>& constants, const Resolve& resolve) {
  for (NamedConstant& constant : constants) WF_CHECK(resolve_constant(constant.value, resolve));
  return {};
}

Status resolve_block(Block& block, const Resolve& resolve);

Status resolve_op(Op& op, const Resolve& resolve) {
  for (Argument& argument : op.inputs) {
    for (Binding& binding : argument.bindings) {
      if (auto* constant = std::get_if<Constant>(&binding)) WF_CHECK(resolve_constant(*constant, resolve));
    }
  }
  WF_CHECK(resolve_all(op.attributes, resolve));
  for (Block& block : op.blocks) WF_CHECK(resolve_block(block, resolve));
  return {};
}

Status resolve_block(Block& block, const Resolve& resolve) {
  for (Op& op : block.ops) {
    if (auto status = resolve_op(op, resolve); !status) return std::move(status).error().at(op.label());
  }
  return {};
}

}  // namespace

Status resolve_blobs(Program& program, const Resolve& resolve) {
  WF_CHECK(resolve_all(program.attributes, resolve));
  for (Function& function : program.functions) {
    auto status = resolve_all(function.attributes, resolve);
    if (status) status = resolve_block(function.body, resolve);
    if (!status) return std::move(status).error().at(fmt::format("function {}", function.name));
  }
  return {};
}

}  // namespace wf
