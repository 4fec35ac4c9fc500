#include "engine/reference/run.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf {
namespace {

// The declared type says the dtype, the inference the sizes. Two floating dtypes: the declared one is what
// the value is rounded to. Anything else that disagrees is a broken file.
Result<ValueType> merged_type(const Op& op, const Value& value, const ValueType& inferred) {
  if (!value.type.known()) return inferred;
  if (!inferred.known()) return value.type;
  const TensorType* declared = value.type.tensor();
  const TensorType* found = inferred.tensor();
  const bool both_floating = declared && found && is_floating(declared->dtype) && is_floating(found->dtype);
  const bool agree = value.type.of.index() == inferred.of.index() &&
                     (!declared || declared->dtype == found->dtype || both_floating);
  if (!agree) {
    return Error(ErrorCode::kBadModel,
                 fmt::format("'{}' is declared {}, the operation gives {}", value.name, to_string(value.type),
                             to_string(inferred)),
                 op.label());
  }
  if (declared) return ValueType(TensorType{declared->dtype, found->shape});
  return value.type.list() ? value.type : inferred;
}

bool needs_widening(const Datum* value) {
  const Tensor* tensor = value ? value->tensor() : nullptr;
  return tensor && is_floating(tensor->dtype()) && tensor->dtype() != DType::kFloat64;
}

// The dtype to go by: the declared one where the exact reading stores doubles.
void restore_dtype(TensorType& actual, const TensorType* declared) {
  if (declared && actual.dtype == DType::kFloat64 && is_floating(declared->dtype))
    actual.dtype = declared->dtype;
}

ValueType stored_type(const Datum& value, const ValueType& declared) {
  ValueType type = type_of(value);
  if (auto* tensor = std::get_if<TensorType>(&type.of)) restore_dtype(*tensor, declared.tensor());
  if (auto* state = std::get_if<StateType>(&type.of))
    restore_dtype(state->tensor, declared.state() ? &declared.state()->tensor : nullptr);
  if (type.list() && declared.list()) return ListType{declared.list()->element, type.list()->length};
  return type;
}

}  // namespace

Run::Run(const Function& function, const FunctionPlan& plan, const RunOptions& options)
    : function_(function),
      plan_(plan),
      options_(options),
      data_(function.values.size()),
      types_(function.values.size()),
      seed_(options.seed) {}

Result<std::vector<Datum>> Run::function(std::span<const Datum> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    WF_CHECK(define(function_.inputs[i], inputs[i], function_.value(function_.inputs[i]).type));
  }
  return block(function_.body, {});
}

Status Run::tick() const {
  if (options_.cancelled && options_.cancelled->load(std::memory_order_relaxed)) {
    return Error(ErrorCode::kDeadlineExceeded, "cancelled by the caller");
  }
  if (options_.deadline && std::chrono::steady_clock::now() > *options_.deadline) {
    return Error(ErrorCode::kDeadlineExceeded, "the deadline passed during the prediction");
  }
  return {};
}

Result<std::vector<Datum>> Run::block(const Block& body, std::span<const Datum> inputs) {
  if (inputs.size() != body.inputs.size()) {
    return Error(ErrorCode::kBadModel,
                 fmt::format("a block takes {} values, given {}", body.inputs.size(), inputs.size()));
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    WF_CHECK(define(body.inputs[i], inputs[i], function_.value(body.inputs[i]).type));
  for (const Op& op : body.ops) {
    if (op.type == "const" || plan_.folded.contains(&op)) continue;
    WF_CHECK(evaluate(op));
    drop_after(plan_.done_after_op, op);
  }
  std::vector<Datum> outputs;
  for (const ValueId id : body.outputs) {
    const Datum* value = value_of(id);
    if (!value)
      return Error(ErrorCode::kBadModel,
                   fmt::format("block output '{}' was never computed", function_.value(id).name));
    outputs.push_back(*value);
  }
  drop_after(plan_.done_after_block, body);
  return outputs;
}

template <class Place>
void Run::drop_after(const std::unordered_map<const Place*, std::vector<ValueId>>& done, const Place& place) {
  const auto found = done.find(&place);
  if (found == done.end()) return;
  for (const ValueId id : found->second) data_[id.index] = Datum();
}

Status Run::evaluate(const Op& op) {
  WF_CHECK(tick());
  // Decompressed weights are what the file says they are, bit for bit, in either reading.
  const bool exact = options_.reading == Reading::kExact && !is_constexpr(op);
  Widened widened;
  if (exact) {
    WF_TRY(widened, widened_operands(op));
  }
  const auto value = [&](ValueId id) { return widened.of(value_of(id)); };
  const auto literal = [&](const Constant& constant) { return widened.of(&constant.data); };
  WF_TRY(Call call,
         make_call(op, function_.opset, [&](ValueId id) { return type_of_value(id); }, value, literal));
  for (const Argument& argument : op.inputs) {
    for (const Binding& binding : argument.bindings) {
      const auto* id = std::get_if<ValueId>(&binding);
      if (!id || value_of(*id)) continue;
      return Error(ErrorCode::kBadModel,
                   fmt::format("'{}' is read before it is computed", function_.value(*id).name), op.label());
    }
  }
  WF_TRY(std::vector<ValueType> types, infer_types(call));
  if (types.size() != op.outputs.size()) {
    return Error(ErrorCode::kBadModel,
                 fmt::format("has {} outputs, expected {}", op.outputs.size(), types.size()), op.label());
  }
  for (size_t i = 0; i < types.size(); ++i) {
    WF_TRY(types[i], merged_type(op, function_.value(op.outputs[i]), types[i]));
  }

  EngineServices services;
  services.reading = exact ? Reading::kExact : Reading::kTyped;
  services.tick = [this] { return tick(); };
  services.next_seed = [this] { return seed_++; };
  services.run_block = [this, &op](size_t index,
                                   std::span<const Datum> inputs) -> Result<std::vector<Datum>> {
    if (index < op.blocks.size()) return block(op.blocks[index], inputs);
    return Error(ErrorCode::kBadModel, fmt::format("has {} blocks, needs block {}", op.blocks.size(), index));
  };
  Evaluation evaluation(std::move(call), types, services);
  if (auto status = evaluation.def().reference(evaluation); !status) {
    Error error = std::move(status).error();
    return error.where.empty() ? std::move(error).at(op.label()) : std::move(error);
  }
  return set_outputs(op, types, evaluation);
}

Status Run::set_outputs(const Op& op, const std::vector<ValueType>& types, Evaluation& evaluation) {
  std::vector<Datum> outputs = evaluation.take_outputs();
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].known())
      return Error(ErrorCode::kInternal, fmt::format("output {} was not computed", i), op.label());
    // Operations that move elements keep the dtype of their input; the declared one may be another floating
    // one.
    const Tensor* tensor = outputs[i].tensor();
    if (tensor && types[i].tensor() && is_floating(tensor->dtype()) &&
        is_floating(types[i].tensor()->dtype)) {
      WF_TRY(Tensor rounded, converted(*tensor, evaluation.storage(types[i].tensor()->dtype)));
      outputs[i] = std::move(rounded);
    }
    if (options_.observer) options_.observer(op, op.outputs[i], outputs[i]);
    if (auto status = define(op.outputs[i], std::move(outputs[i]), types[i]); !status)
      return std::move(std::move(status).error()).at(op.label());
  }
  return {};
}

const Datum* Run::Widened::of(const Datum* source) const {
  const auto it = std::ranges::find(by_source, source, &std::pair<const void*, const Datum*>::first);
  return it == by_source.end() ? source : it->second;
}

Result<Run::Widened> Run::widened_operands(const Op& op) const {
  Widened widened;
  const auto add = [&](const Datum* source) -> Status {
    if (!needs_widening(source) || widened.of(source) != source) return {};
    WF_TRY(Tensor wide, converted(*source->tensor(), DType::kFloat64));
    widened.data.emplace_back(std::move(wide));
    widened.by_source.emplace_back(source, &widened.data.back());
    return {};
  };
  for (const Argument& argument : op.inputs) {
    for (const Binding& binding : argument.bindings) {
      const auto* id = std::get_if<ValueId>(&binding);
      WF_CHECK(add(id ? value_of(*id) : &std::get<Constant>(binding).data));
    }
  }
  return widened;
}

Status Run::define(ValueId id, Datum value, const ValueType& declared) {
  ValueType type = stored_type(value, declared);
  if (type.tensor() && declared.tensor() && type.tensor()->dtype != declared.tensor()->dtype) {
    return Error(ErrorCode::kBadModel,
                 fmt::format("'{}' is declared {}, its value is {}", function_.value(id).name,
                             to_string(declared), to_string(type)));
  }
  types_[id.index] = std::move(type);
  data_[id.index] = std::move(value);
  return {};
}

const Datum* Run::value_of(ValueId id) const {
  if (data_[id.index].known()) return &data_[id.index];
  return plan_.constants[id.index].known() ? &plan_.constants[id.index] : nullptr;
}

const ValueType* Run::type_of_value(ValueId id) const {
  if (types_[id.index].known()) return &types_[id.index];
  if (plan_.constant_types[id.index].known()) return &plan_.constant_types[id.index];
  return &function_.value(id).type;
}

}  // namespace wf
