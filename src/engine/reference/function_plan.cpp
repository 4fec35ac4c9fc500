#include "engine/reference/function_plan.h"

#include <fmt/format.h>

#include "program/walk.h"

namespace wf {
namespace {

Status check_loaded(const Op& op) {
  Status status;
  for_each_own_constant(op, [&](const Constant& constant) {
    if (!status || constant.data.known()) return;
    const std::string place =
        constant.blob ? fmt::format(": '{}' at offset {}", constant.blob->path, constant.blob->offset) : "";
    status = Error(ErrorCode::kWeightsMissing, fmt::format("weights are missing{}", place), op.label());
  });
  return status;
}

Status collect_constant(const Function& function, const Op& op, FunctionPlan& plan) {
  const Constant* value = op.find_attribute("val");
  if (!value || op.outputs.size() != 1)
    return Error(ErrorCode::kBadModel, "a const needs a value and one output", op.label());
  const Value& output = function.value(op.outputs[0]);
  ValueType type = type_of(value->data);
  if (!fits(type, output.type)) {
    return Error(ErrorCode::kBadModel,
                 fmt::format("'{}' is declared {}, its value is {}", output.name, to_string(output.type),
                             to_string(type)),
                 op.label());
  }
  plan.constants[op.outputs[0].index] = value->data;
  plan.constant_types[op.outputs[0].index] = std::move(type);
  return {};
}

Status collect_constants(const Function& function, const Block& block, FunctionPlan& plan) {
  for (const Op& op : block.ops) {
    WF_CHECK(check_loaded(op));
    if (op.type == "const") WF_CHECK(collect_constant(function, op, plan));
    for (const Block& inner : op.blocks) WF_CHECK(collect_constants(function, inner, plan));
  }
  return {};
}

class LastUses {
 public:
  LastUses(size_t values, FunctionPlan& plan) : owner_(values), last_(values), plan_(plan) {}

  void find(const Block& block) {
    std::vector<ValueId> defined = block.inputs;
    for (const ValueId id : block.inputs) own(id, block, nullptr);
    for (const Op& op : block.ops) {
      for_each_read(op, [&](ValueId id) { use(id, block, &op); });
      for (const Block& inner : op.blocks) find(inner);
      for (const ValueId id : op.outputs) own(id, block, &op);  // if nobody reads it
      defined.insert(defined.end(), op.outputs.begin(), op.outputs.end());
    }
    for (const ValueId id : block.outputs) use(id, block, nullptr);
    for (const ValueId id : defined) {
      const Op* last = last_[id.index];
      (last ? plan_.done_after_op[last] : plan_.done_after_block[&block]).push_back(id);
    }
  }

 private:
  // `last` null: the end of the block.
  void own(ValueId id, const Block& block, const Op* last) {
    owner_[id.index] = &block;
    last_[id.index] = last;
  }
  void use(ValueId id, const Block& block, const Op* last) {
    if (owner_[id.index] == &block) last_[id.index] = last;
  }

  std::vector<const Block*> owner_;
  std::vector<const Op*> last_;
  FunctionPlan& plan_;
};

}  // namespace

Result<FunctionPlan> make_plan(const Function& function) {
  FunctionPlan plan;
  plan.constants.resize(function.values.size());
  plan.constant_types.resize(function.values.size());
  WF_CHECK(collect_constants(function, function.body, plan));
  LastUses(function.values.size(), plan).find(function.body);
  return plan;
}

}  // namespace wf
