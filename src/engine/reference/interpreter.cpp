#include "engine/reference/interpreter.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/check.h"

namespace wf {
namespace {

constexpr uint32_t kNever = UINT32_MAX;

// Marks every outer value that an operation (or its nested blocks) reads.
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

bool is_constexpr(const Op& op) { return op.type.starts_with("constexpr_"); }

// The declared type says the dtype, the inference the sizes. Two floating dtypes: the declared one is what the value is
// rounded to. Anything else that disagrees is a broken file.
Result<ValueType> merged_type(const Op& op, const Value& value, const ValueType& inferred) {
  const TensorType* declared = value.type.tensor();
  const TensorType* found = inferred.tensor();
  if (!value.type.known() || (!declared && !found)) return inferred;
  if (!inferred.known()) return value.type;
  if (!declared || !found) {
    return Error(ErrorCode::kBadModel, fmt::format("'{}' is declared {}, the operation gives {}", value.name,
                                                   to_string(value.type), to_string(inferred)), op.label());
  }
  if (declared->dtype != found->dtype && !(is_floating(declared->dtype) && is_floating(found->dtype))) {
    return Error(ErrorCode::kBadModel, fmt::format("'{}' is declared {}, the operation gives {}", value.name,
                                                   name_of(declared->dtype), name_of(found->dtype)), op.label());
  }
  return ValueType(TensorType{declared->dtype, found->shape});
}

class Run {
 public:
  Run(const Function& function, const std::vector<Datum>& constants, const std::vector<uint32_t>& last_use,
      const RunOptions& options)
      : function_(function), constants_(constants), last_use_(last_use), options_(options),
        data_(function.values.size()), types_(function.values.size()), seed_(options.seed) {}

  Result<std::vector<Datum>> function(std::span<const Datum> inputs) {
    for (size_t i = 0; i < inputs.size(); ++i) define(function_.inputs[i], inputs[i], function_.value(function_.inputs[i]).type);
    uint32_t position = 0;
    for (const Op& op : function_.body.ops) {
      if (op.type != "const") {
        WF_CHECK(evaluate(op));
        drop_after(op, position);
      }
      ++position;
    }
    return outputs_of(function_.body);
  }

 private:
  const Datum* value_of(ValueId id) const {
    const Datum& held = data_[id.index];
    if (held.known()) return &held;
    const Datum& constant = constants_[id.index];
    return constant.known() ? &constant : nullptr;
  }

  void define(ValueId id, Datum value, const ValueType& declared) {
    ValueType type = type_of(value);
    const auto keep_dtype = [](TensorType& actual, const TensorType* said) {
      if (said && actual.dtype == DType::kFloat64) actual.dtype = said->dtype;  // the exact reading's storage
    };
    if (auto* tensor = std::get_if<TensorType>(&type.of)) keep_dtype(*tensor, declared.tensor());
    if (auto* state = std::get_if<StateType>(&type.of)) keep_dtype(state->tensor, declared.state() ? &declared.state()->tensor : nullptr);
    if (type.list() && declared.list()) type = ListType{declared.list()->element, type.list()->length};
    types_[id.index] = std::move(type);
    data_[id.index] = std::move(value);
  }

  Status tick() const {
    if (options_.cancelled && options_.cancelled->load(std::memory_order_relaxed)) {
      return Error(ErrorCode::kDeadlineExceeded, "cancelled by the caller");
    }
    if (options_.deadline && std::chrono::steady_clock::now() > *options_.deadline) {
      return Error(ErrorCode::kDeadlineExceeded, "the deadline passed during the prediction");
    }
    return {};
  }

  // In the exact reading constants are widened for the one operation that reads them.
  Result<const Datum*> readable(ValueId id, bool exact, std::vector<std::unique_ptr<Datum>>& widened) const {
    const Datum* value = value_of(id);
    if (!exact || !value || !value->tensor()) return value;
    const DType dtype = value->tensor()->dtype();
    if (!is_floating(dtype) || dtype == DType::kFloat64) return value;
    WF_TRY(Tensor wide, converted(*value->tensor(), DType::kFloat64));
    widened.push_back(std::make_unique<Datum>(std::move(wide)));
    return static_cast<const Datum*>(widened.back().get());
  }

  Status evaluate(const Op& op) {
    WF_CHECK(tick());
    // Decompressed weights are what the file says they are, bit for bit, in either reading.
    const bool exact = options_.reading == Reading::kExact && !is_constexpr(op);
    std::vector<std::unique_ptr<Datum>> widened;
    std::vector<std::pair<ValueId, const Datum*>> readables;
    for (const Argument& argument : op.inputs) {
      for (const Binding& binding : argument.bindings) {
        const auto* id = std::get_if<ValueId>(&binding);
        if (!id) continue;
        WF_TRY(const Datum* value, readable(*id, exact, widened));
        readables.emplace_back(*id, value);
      }
    }
    WF_TRY(Call call, make_call(
        op, function_.opset, [&](ValueId id) { return type_of_value(id); },
        [&](ValueId id) { return std::ranges::find(readables, id, &std::pair<ValueId, const Datum*>::first)->second; }));

    WF_TRY(std::vector<ValueType> types, infer_types(call));
    if (types.size() != op.outputs.size()) {
      return Error(ErrorCode::kBadModel, fmt::format("has {} outputs, expected {}", op.outputs.size(), types.size()), op.label());
    }
    for (size_t i = 0; i < types.size(); ++i) {
      WF_TRY(types[i], merged_type(op, function_.value(op.outputs[i]), types[i]));
    }

    EngineServices services;
    services.reading = exact ? Reading::kExact : Reading::kTyped;
    services.tick = [this] { return tick(); };
    services.next_seed = [this] { return seed_++; };
    services.run_block = [this, &op](size_t index, std::span<const Datum> inputs) { return block(op, index, inputs); };
    Evaluation evaluation(std::move(call), types, services);
    if (auto status = evaluation.def().reference(evaluation); !status) {
      Error error = std::move(status).error();
      return error.where.empty() ? std::move(error).at(op.label()) : std::move(error);
    }
    std::vector<Datum> outputs = evaluation.take_outputs();
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (!outputs[i].known()) return Error(ErrorCode::kInternal, fmt::format("output {} was not computed", i), op.label());
      if (options_.observer) options_.observer(op, op.outputs[i], outputs[i]);
      define(op.outputs[i], std::move(outputs[i]), types[i]);
    }
    return {};
  }

  Result<std::vector<Datum>> block(const Op& op, size_t index, std::span<const Datum> inputs) {
    const Block& body = op.blocks[index];
    if (inputs.size() != body.inputs.size()) {
      return Error(ErrorCode::kBadModel, fmt::format("block {} takes {} values, given {}", index, body.inputs.size(), inputs.size()), op.label());
    }
    for (size_t i = 0; i < inputs.size(); ++i) define(body.inputs[i], inputs[i], function_.value(body.inputs[i]).type);
    for (const Op& inner : body.ops) {
      if (inner.type != "const") WF_CHECK(evaluate(inner));
    }
    return outputs_of(body);
  }

  Result<std::vector<Datum>> outputs_of(const Block& body) {
    std::vector<Datum> out;
    for (const ValueId id : body.outputs) {
      const Datum* value = value_of(id);
      if (!value) return Error(ErrorCode::kBadModel, fmt::format("block output '{}' was never computed", function_.value(id).name));
      out.push_back(*value);
    }
    return out;
  }

  const ValueType* type_of_value(ValueId id) const {
    return types_[id.index].known() ? &types_[id.index] : &function_.value(id).type;
  }

  void drop_after(const Op& op, uint32_t position) {
    const auto drop = [&](ValueId id) {
      if (last_use_[id.index] == position) data_[id.index] = Datum();
    };
    for_each_read(op, drop);
    for (const ValueId id : op.outputs) drop(id);
  }

  const Function& function_;
  const std::vector<Datum>& constants_;
  const std::vector<uint32_t>& last_use_;
  const RunOptions& options_;
  std::vector<Datum> data_;
  std::vector<ValueType> types_;
  uint64_t seed_;
};

// A constant's value is its attribute `val`; an inline type without data means that weights are missing.
Status collect_constants(const Function& function, const Block& block, std::vector<Datum>& constants) {
  for (const Op& op : block.ops) {
    if (op.type == "const") {
      const Constant* value = op.find_attribute("val");
      if (!value) value = [&]() -> const Constant* {
        const Argument* argument = op.find_input("val");
        return argument && argument->bindings.size() == 1 ? std::get_if<Constant>(&argument->bindings[0]) : nullptr;
      }();
      if (!value || op.outputs.size() != 1) return Error(ErrorCode::kBadModel, "a const needs a value and one output", op.label());
      if (!value->data.known()) {
        return Error(ErrorCode::kWeightsMissing, fmt::format("the weights of '{}' are missing{}", function.value(op.outputs[0]).name,
                     value->blob ? fmt::format(": '{}' at offset {}", value->blob->path, value->blob->offset) : ""), op.label());
      }
      constants[op.outputs[0].index] = value->data;
    }
    for (const Block& inner : op.blocks) WF_CHECK(collect_constants(function, inner, constants));
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const ReferenceFunction>> ReferenceFunction::prepare(std::shared_ptr<const Program> program,
                                                                             std::string_view name) {
  const Function* function = program->find(name.empty() ? "main" : name);
  if (!function) return Error(ErrorCode::kNotFound, fmt::format("the program has no function '{}'", name.empty() ? "main" : name));
  WF_CHECK(check_operations(*function));

  std::shared_ptr<ReferenceFunction> prepared(new ReferenceFunction);
  prepared->program_ = std::move(program);
  prepared->function_ = function;
  prepared->constants_.resize(function->values.size());
  WF_CHECK(collect_constants(*function, function->body, prepared->constants_));

  auto& last_use = prepared->last_use_;
  last_use.assign(function->values.size(), kNever);
  uint32_t position = 0;
  for (const Op& op : function->body.ops) {
    for (const ValueId id : op.outputs) last_use[id.index] = position;  // never read: dropped at once
    for_each_read(op, [&](ValueId id) { last_use[id.index] = position; });
    ++position;
  }
  for (const ValueId id : function->body.outputs) last_use[id.index] = kNever;
  return std::shared_ptr<const ReferenceFunction>(std::move(prepared));
}

Result<std::vector<Datum>> ReferenceFunction::run(std::span<const Datum> inputs, const RunOptions& options) const {
  if (inputs.size() != function_->inputs.size()) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("function '{}' takes {} inputs, given {}", function_->name,
                                                          function_->inputs.size(), inputs.size()));
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Value& declared = function_->value(function_->inputs[i]);
    ValueType given = type_of(inputs[i]);
    const auto allow_wide = [&](TensorType* actual, const TensorType* said) {  // as the exact reading stores it
      const bool wide = actual && said && actual->dtype == DType::kFloat64 && is_floating(said->dtype);
      if (wide && options.reading == Reading::kExact) actual->dtype = said->dtype;
    };
    allow_wide(std::get_if<TensorType>(&given.of), declared.type.tensor());
    if (auto* state = std::get_if<StateType>(&given.of)) {
      allow_wide(&state->tensor, declared.type.state() ? &declared.type.state()->tensor : nullptr);
    }
    if (!fits(given, declared.type)) {
      return Error(ErrorCode::kInvalidArgument, fmt::format("input '{}' must be {}, given {}", declared.name,
                                                            to_string(declared.type), to_string(given)));
    }
  }
  return Run(*function_, constants_, last_use_, options).function(inputs);
}

}  // namespace wf
