#include "passes/static_function.h"

#include <algorithm>

#include "ops/evaluate.h"
#include "passes/simplify.h"
#include "program/walk.h"

namespace wf {
namespace {

// A constant up to this size is stored as fp32: the operations that read single numbers need not know better.
constexpr int64_t kSmallConstant = 64;

// A tensor that memory could hold.
bool is_plain_tensor(const ValueType& type) {
  const TensorType* tensor = type.tensor();
  if (!tensor || !tensor->is_static() || tensor->dtype == DType::kString) return false;
  const auto count = element_count(*tensor->shape);
  return count && *count <= TensorMemory::limit() / static_cast<int64_t>(sizeof(double));
}

Result<Datum> widened_if_small(const Datum& datum) {
  const Tensor* tensor = datum.tensor();
  if (!tensor || !is_floating(tensor->dtype()) || tensor->dtype() == DType::kFloat32) return datum;
  if (tensor->dtype() == DType::kFloat16 && tensor->size() > kSmallConstant) return datum;
  WF_TRY(Tensor wide, converted(*tensor, DType::kFloat32));
  return Datum(std::move(wide));
}

class Specializer {
 public:
  explicit Specializer(const Function& function) : declared_(function) {
    result_.function.name = function.name;
    result_.function.opset = function.opset;
    result_.function.values = function.values;
    result_.function.inputs = function.inputs;
    result_.known.resize(function.values.size());
    result_.fixed.resize(function.values.size());
    deferred_.resize(function.values.size());
    constants_.resize(function.values.size());
    weights_.resize(function.values.size());
  }

  Status set_inputs(const std::vector<Shape>& shapes) {
    for (size_t i = 0; i < declared_.inputs.size(); ++i) {
      const ValueId id = declared_.inputs[i];
      const TensorType* type = declared_.value(id).type.tensor();
      if (!type || type->dtype == DType::kString) {
        deferred_[id.index] = true;
      } else {
        result_.function.value(id).type = widened(tensor_type(type->dtype, shapes[i]));
      }
    }
    return {};
  }

  Status add(const Op& op) {
    bool reads_deferred = !op.blocks.empty();
    for_each_read(op, [&](ValueId id) { reads_deferred = reads_deferred || deferred_[id.index]; });
    if (!reads_deferred) {
      WF_TRY(const bool is_static, add_static(op));
      if (is_static) return {};
    }
    result_.rest.push_back(&op);
    for (const ValueId id : op.outputs) deferred_[id.index] = true;
    return {};
  }

  StaticFunction take() {
    // What is computed here and read elsewhere: by the rest, or by the caller.
    std::vector<bool> computed(declared_.values.size(), false), listed = computed;
    for (const ValueId id : declared_.inputs) computed[id.index] = !deferred_[id.index];
    for (const Op& op : result_.function.body.ops) {
      for (const ValueId id : op.outputs) {
        if (id.index < computed.size()) computed[id.index] = true;
      }
    }
    const auto read = [&](ValueId id) {
      const bool is_folded = result_.is_known(id) && !constants_[id.index] && !weights_[id.index];
      if ((!computed[id.index] && !is_folded) || listed[id.index]) return;
      listed[id.index] = true;
      result_.function.body.outputs.push_back(id);
    };
    std::vector<const Op*> weights;  // that the rest reads: the interpreter decompresses its own
    const auto needs_weight = [&](ValueId id) {
      const Op* op = weights_[id.index];
      if (op && std::ranges::find(weights, op) == weights.end()) weights.push_back(op);
    };
    for (const ValueId id : declared_.body.outputs) {
      read(id);
      needs_weight(id);
    }
    for (const Op* op : result_.rest) {
      for_each_read(*op, [&](ValueId id) {
        read(id);
        needs_weight(id);
      });
    }
    for (size_t i = 0; i < weights.size(); ++i) for_each_read(*weights[i], needs_weight);
    result_.rest.insert(result_.rest.begin(), weights.rbegin(), weights.rend());
    return std::move(result_);
  }

 private:
  // False: it has to be deferred.
  Result<bool> add_static(const Op& op) {
    if (op.type == "const") return add_constant(op);
    if (op.type.starts_with("constexpr_")) {
      for (const ValueId id : op.outputs) weights_[id.index] = &op;
      return fold(op, op);
    }
    if (op.type.starts_with("random_")) return false;  // the interpreter counts the seeds
    Op wide = op;
    WF_CHECK(widen_literals(wide));
    WF_CHECK(write_out_epsilon(wide));
    WF_TRY(const Call call, result_.call(wide));
    WF_TRY(std::vector<ValueType> types, infer_types(call));
    if (types.size() != op.outputs.size()) return false;
    bool all_known = true;
    for_each_read(wide, [&](ValueId id) { all_known = all_known && result_.is_known(id); });
    if (op.type == "shape") return define_shape(wide, call, types);
    for (size_t i = 0; i < types.size(); ++i) {
      types[i] = widened(types[i]);
      const TensorType* declared = op_output(op, i).tensor();
      if (!is_plain_tensor(types[i])) {
        const bool is_foldable = all_known && types[i].tensor() && types[i].tensor()->dtype != DType::kString;
        return is_foldable ? fold(wide, op) : Result<bool>(false);
      }
      // Two integer types that disagree are left to the interpreter, which names the fault.
      if (declared && !is_floating(declared->dtype) && declared->dtype != types[i].tensor()->dtype)
        return false;
    }
    if (all_known) return fold(wide, op);
    for (size_t i = 0; i < types.size(); ++i) result_.function.value(op.outputs[i]).type = types[i];
    return append_simplified(result_, std::move(wide), call);
  }

  const ValueType& op_output(const Op& op, size_t i) const { return result_.type(op.outputs[i]); }

  Result<bool> add_constant(const Op& op) {
    const Constant* value = op.find_attribute("val");
    if (!value || op.outputs.size() != 1 || !value->data.known()) return false;
    constants_[op.outputs[0].index] = true;
    result_.fixed[op.outputs[0].index] = true;
    return define(op.outputs[0], value->data);
  }

  Result<bool> define(ValueId id, const Datum& datum) {
    WF_TRY(result_.known[id.index], widened_if_small(datum));
    result_.function.value(id).type = widened(type_of(datum));
    return true;
  }

  // The sizes are known by now, whatever the elements are.
  Result<bool> define_shape(const Op& op, const Call& call, const std::vector<ValueType>& types) {
    const Shape& sizes = call.shape("x");
    WF_TRY(Tensor value,
           Tensor::of_ints(types[0].tensor()->dtype, {static_cast<int64_t>(sizes.size())}, sizes));
    return define(op.outputs[0], Datum(std::move(value)));
  }

  // Evaluated now; `declared` has the types to store in. Decompressed weights stay in the file's dtype.
  Result<bool> fold(const Op& op, const Op& declared) {
    const bool is_weight = op.type.starts_with("constexpr_");
    const auto type = [&](ValueId id) -> const ValueType* {
      if (!is_weight) return &result_.type(id);
      weight_types_.push_back(std::make_unique<ValueType>(type_of(result_.known[id.index])));
      return weight_types_.back().get();
    };
    const auto value = [&](ValueId id) { return result_.is_known(id) ? &result_.known[id.index] : nullptr; };
    // Reference implementations that move bytes want every operand in its declared type.
    if (!is_weight) {
      Status status;
      for_each_read(op, [&](ValueId id) {
        Datum& datum = result_.known[id.index];
        const Tensor* tensor = datum.tensor();
        if (!status || !tensor || !is_floating(tensor->dtype()) || tensor->dtype() == DType::kFloat32) return;
        auto wide = converted(*tensor, DType::kFloat32);
        if (wide) {
          datum = *std::move(wide);
        } else {
          status = std::move(wide).error();
        }
      });
      WF_CHECK(status);
    }
    WF_TRY(Call call, make_call(op, result_.function.opset, type, value));
    WF_TRY(std::vector<ValueType> types, infer_types(call));
    for (size_t i = 0; i < types.size(); ++i) {
      const TensorType* written = declared.outputs.size() > i ? op_output(declared, i).tensor() : nullptr;
      if (!is_weight) {
        types[i] = widened(types[i]);
      } else if (written && types[i].tensor() && is_floating(written->dtype)) {
        types[i] = tensor_type(written->dtype, *types[i].tensor()->shape);
      }
    }
    const EngineServices services;
    WF_TRY(const std::vector<Datum> outputs, evaluate_call(std::move(call), types, services));
    bool is_fixed = true;
    for_each_read(op, [&](ValueId id) { is_fixed = is_fixed && result_.fixed[id.index]; });
    for (size_t i = 0; i < outputs.size(); ++i) {
      result_.fixed[op.outputs[i].index] = is_fixed;
      WF_TRY(const bool defined, define(op.outputs[i], outputs[i]));
      if (!defined) return false;
    }
    return true;
  }

  // log, rsqrt and inverse add a default epsilon as x's declared dtype holds it: 1e-45 is 0 in fp16.
  Status write_out_epsilon(Op& op) {
    if (op.type != "log" && op.type != "rsqrt" && op.type != "inverse") return {};
    const OpDef* def = find_op(op.type, declared_.opset);
    const Argument* x = op.find_input("x");
    const auto* id = x ? std::get_if<ValueId>(&x->bindings[0]) : nullptr;
    if (!def || !id || op.find_input("epsilon")) return {};
    const TensorType* type = declared_.value(*id).type.tensor();
    if (!type || type->dtype != DType::kFloat16) return {};
    const auto param = std::ranges::find(def->params, "epsilon", &Param::name);
    WF_TRY(const Tensor half, Tensor::scalar(DType::kFloat16, param->fallback_number()));
    WF_TRY(Tensor epsilon, converted(half, DType::kFloat32));
    const Datum datum(std::move(epsilon));
    op.inputs.push_back({"epsilon", {Constant{type_of(datum), datum, {}, {}}}});
    std::ranges::sort(op.inputs, {}, &Argument::name);
    return {};
  }

  Status widen_literals(Op& op) {
    Status status;
    for_each_own_constant(op, [&](Constant& constant) {
      if (!status) return;
      auto wide = widened_if_small(constant.data);
      if (!wide) {
        status = std::move(wide).error();
        return;
      }
      constant.data = *std::move(wide);
      constant.type = widened(constant.type);
    });
    return status;
  }

  const Function& declared_;
  StaticFunction result_;
  std::vector<bool> deferred_;      // by value index
  std::vector<bool> constants_;     // by value index: results of const operations
  std::vector<const Op*> weights_;  // by value index: the constexpr operation that gives it, or null
  std::vector<std::unique_ptr<ValueType>> weight_types_;
};

}  // namespace

ValueType widened(const ValueType& type) {
  const TensorType* tensor = type.tensor();
  if (!tensor || !is_floating(tensor->dtype)) return type;
  return TensorType{DType::kFloat32, tensor->shape};
}

ValueId StaticFunction::add_value(std::string name, ValueType type) {
  known.emplace_back();
  fixed.push_back(false);
  return function.add_value(std::move(name), std::move(type));
}

ValueId StaticFunction::add_known(std::string name, Tensor value) {
  const ValueId id = add_value(std::move(name), widened(type_of(Datum(value))));
  known[id.index] = std::move(value);
  return id;
}

Result<Call> StaticFunction::call(const Op& op) const {
  return make_call(
      op, function.opset, [this](ValueId id) { return &type(id); },
      [this](ValueId id) { return is_known(id) ? &known[id.index] : nullptr; });
}

Result<StaticFunction> specialize(const Function& function, const std::vector<Shape>& inputs) {
  Specializer specializer(function);
  WF_CHECK(specializer.set_inputs(inputs));
  for (const Op& op : function.body.ops) WF_CHECK(specializer.add(op));
  return specializer.take();
}

}  // namespace wf
