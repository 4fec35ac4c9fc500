#include "ops/call.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf {
namespace {

std::string dtype_list(DTypeSet set) {
  std::string text;
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (set.contains(dtype)) text += (text.empty() ? "" : ", ") + std::string(name_of(dtype));
  }
  return text;
}

// No dimension is larger: it keeps the arithmetic of type rules within 64 bits.
constexpr int64_t kMaxSize = int64_t{1} << 40;

Error bad_call(const Op& op, std::string message) {
  return {ErrorCode::kBadModel, std::move(message), op.label()};
}

}  // namespace

Result<Call> Call::make(const OpDef& def, Opset opset, std::vector<NamedArguments> arguments, const Op& op) {
  Call call;
  call.def_ = &def;
  call.opset_ = opset;
  call.op_ = &op;
  call.arguments_ = std::move(arguments);

  for (const NamedArguments& argument : call.arguments_) {
    if (!def.open_parameters && !call.param(argument.name)) {
      return bad_call(op, fmt::format("has no parameter '{}' in opset {}", argument.name, text_name(opset)));
    }
  }
  std::vector<std::pair<char, DType>> variables;
  for (const Param& param : def.params) {
    const NamedArguments* argument = call.find(param.name());
    if (!argument || argument->items.empty()) {
      if (!param.is_optional()) return bad_call(op, fmt::format("parameter '{}' is missing", param.name()));
      continue;
    }
    if (!param.is_variadic() && argument->items.size() != 1) {
      return bad_call(
          op, fmt::format("parameter '{}' takes one value, found {}", param.name(), argument->items.size()));
    }
    for (const ArgumentView& item : argument->items) {
      if (param.is_constant() && !item.value) {
        return bad_call(op, fmt::format("parameter '{}' must be constant", param.name()));
      }
      if (param.kind() == Param::Kind::kAny) continue;
      const TensorType* type = item.type->tensor();
      if (!type) {
        if (!item.type->known()) continue;
        return bad_call(op, fmt::format("parameter '{}' must be a tensor, found {}", param.name(),
                                        to_string(*item.type)));
      }
      if (!param.dtypes().empty() && !param.dtypes().contains(type->dtype)) {
        return bad_call(op, fmt::format("parameter '{}' is {}, expected one of: {}", param.name(),
                                        name_of(type->dtype), dtype_list(param.dtypes())));
      }
      if (param.variable()) {
        const auto bound = std::ranges::find(variables, param.variable(), &std::pair<char, DType>::first);
        if (bound == variables.end()) {
          variables.emplace_back(param.variable(), type->dtype);
        } else if (bound->second != type->dtype) {
          return bad_call(op, fmt::format("parameter '{}' is {}, expected {} like the others of its kind",
                                          param.name(), name_of(type->dtype), name_of(bound->second)));
        }
      }
      // Scalars are read without asking; an empty tensor there would be a read out of bounds.
      if (item.value && param.fallback() != Param::Fallback::kNone && item.value->tensor() &&
          item.value->tensor()->size() < 1) {
        return bad_call(op, fmt::format("parameter '{}' is empty", param.name()));
      }
    }
  }
  return call;
}

const NamedArguments* Call::find(std::string_view name) const {
  const auto it = std::ranges::find(arguments_, name, &NamedArguments::name);
  return it == arguments_.end() || it->items.empty() ? nullptr : &*it;
}

const Param* Call::param(std::string_view name) const {
  for (const Param& each : def_->params) {
    if (each.name() == name) return &each;
  }
  return nullptr;
}

size_t Call::count(std::string_view name) const {
  const NamedArguments* argument = find(name);
  return argument ? argument->items.size() : 0;
}

const ValueType& Call::type(std::string_view name, size_t i) const { return *find(name)->items[i].type; }

DType Call::dtype(std::string_view name, size_t i) const { return type(name, i).tensor()->dtype; }

const Shape& Call::shape(std::string_view name, size_t i) const { return *type(name, i).tensor()->shape; }

const Datum* Call::value(std::string_view name, size_t i) const {
  const NamedArguments* argument = find(name);
  return argument && i < argument->items.size() ? argument->items[i].value : nullptr;
}

const Tensor* Call::tensor(std::string_view name, size_t i) const {
  const Datum* datum = value(name, i);
  return datum ? datum->tensor() : nullptr;
}

std::optional<std::vector<int64_t>> Call::ints(std::string_view name, size_t i) const {
  const Tensor* held = tensor(name, i);
  if (!held || held->dtype() == DType::kString) return std::nullopt;
  return read_ints(*held);
}

double Call::number(std::string_view name) const {
  const Tensor* held = tensor(name);
  if (held && held->size() > 0) return read_double(*held, 0);
  const Param* rule = param(name);
  return rule->fallback() == Param::Fallback::kNumber ? rule->fallback_number()
                                                      : static_cast<double>(rule->fallback_integer());
}

int64_t Call::integer(std::string_view name) const {
  const Tensor* held = tensor(name);
  return held && held->size() > 0 ? read_int(*held, 0) : param(name)->fallback_integer();
}

bool Call::flag(std::string_view name) const { return integer(name) != 0; }

std::string Call::text(std::string_view name) const {
  const Tensor* held = tensor(name);
  if (held && held->dtype() == DType::kString && held->size() > 0) return held->strings()[0];
  return std::string(param(name)->fallback_text());
}

Error Call::error(std::string message) const {
  return {ErrorCode::kInvalidArgument, std::move(message), op_->label()};
}

Evaluation::Evaluation(Call call, std::vector<ValueType> output_types, const EngineServices& services)
    : Call(std::move(call)),
      output_types_(std::move(output_types)),
      outputs_(output_types_.size()),
      services_(&services) {}

DType Evaluation::storage(DType declared) const {
  return reading() == Reading::kExact && is_floating(declared) ? DType::kFloat64 : declared;
}

Result<Tensor> Evaluation::make_output(size_t i) const {
  const TensorType* type = output_types_[i].tensor();
  if (!type || !type->is_static()) {
    return Error(ErrorCode::kInternal, fmt::format("output {} has no static type", i), op().label());
  }
  return Tensor::allocate(storage(type->dtype), *type->shape);
}

Result<Tensor> Evaluation::make_output(size_t i, Shape shape) const {
  return Tensor::allocate(storage(output_types_[i].tensor()->dtype), std::move(shape));
}

Result<std::vector<ValueType>> infer_types(const Call& call) {
  for (const Param& param : call.def().params) {
    if (param.kind() != Param::Kind::kTensor) continue;
    for (size_t i = 0; i < call.count(param.name()); ++i) {
      const TensorType* type = call.type(param.name(), i).tensor();
      if (!type || !type->shape) return std::vector<ValueType>(call.op().outputs.size());
      for (const int64_t size : *type->shape) {
        if (size >= kUnknownSize && size <= kMaxSize) continue;
        return bad_call(call.op(),
                        fmt::format("parameter '{}' has shape {}: a size of {} does not fit any memory",
                                    param.name(), to_string(*type->shape), size));
      }
    }
  }
  return call.def().infer(call);
}

Result<Call> make_call(const Op& op, Opset opset, const std::function<const ValueType*(ValueId)>& type_of,
                       const std::function<const Datum*(ValueId)>& value_of,
                       const std::function<const Datum*(const Constant&)>& literal_of) {
  const OpDef* def = find_op(op.type, opset);
  if (!def) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("operation '{}' of opset {} is not known", op.type, text_name(opset)),
                 op.label(), "`windfall ops` lists every operation this build runs");
  }
  const auto literal = [&](const Constant& constant) -> Result<ArgumentView> {
    if (!constant.data.known() && constant.blob) {
      return Error(
          ErrorCode::kWeightsMissing,
          fmt::format("weights are missing: '{}' at offset {}", constant.blob->path, constant.blob->offset),
          op.label());
    }
    const Datum* own = constant.data.known() ? &constant.data : nullptr;
    return ArgumentView{&constant.type, own && literal_of ? literal_of(constant) : own};
  };
  std::vector<NamedArguments> arguments;
  arguments.reserve(op.inputs.size());
  for (const Argument& argument : op.inputs) {
    NamedArguments named{argument.name, {}};
    for (const Binding& binding : argument.bindings) {
      if (const auto* id = std::get_if<ValueId>(&binding)) {
        named.items.push_back({type_of(*id), value_of(*id)});
        continue;
      }
      WF_TRY(const ArgumentView view, literal(std::get<Constant>(binding)));
      named.items.push_back(view);
    }
    arguments.push_back(std::move(named));
  }
  for (const NamedConstant& attribute : op.attributes) {
    const bool is_parameter =
        std::ranges::any_of(def->params, [&](const Param& p) { return p.name() == attribute.name; });
    if (!is_parameter || op.find_input(attribute.name)) continue;
    WF_TRY(const ArgumentView view, literal(attribute.value));
    arguments.push_back({attribute.name, {view}});
  }
  auto call = Call::make(*def, opset, std::move(arguments), op);
  if (call && !op.outputs.empty()) call->set_declared(type_of(op.outputs[0]));
  return call;
}

Result<int64_t> normalized_axis(const Call& call, int64_t axis, int64_t rank) {
  const int64_t positive = axis < 0 ? axis + rank : axis;
  if (positive < 0 || positive >= rank)
    return call.error(fmt::format("axis {} is outside rank {}", axis, rank));
  return positive;
}

Result<std::vector<int64_t>> normalized_axes(const Call& call, std::span<const int64_t> axes, int64_t rank) {
  std::vector<int64_t> out;
  for (const int64_t axis : axes) {
    WF_TRY(const int64_t positive, normalized_axis(call, axis, rank));
    if (std::ranges::find(out, positive) != out.end())
      return call.error(fmt::format("axis {} is named twice", axis));
    out.push_back(positive);
  }
  return out;
}

}  // namespace wf
