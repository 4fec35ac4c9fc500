#include "ops/builder.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf {
namespace {

// These tensors are tiny; failing to allocate one is left to the first use of the invalid tensor.
Datum made(Result<Tensor> tensor) { return tensor ? Datum(*std::move(tensor)) : Datum(Tensor()); }

const Shape kNoShape;
const ValueType kNoType;

}  // namespace

BuilderArgument::BuilderArgument(double value) : values{made(Tensor::scalar(DType::kFloat32, value))} {}
BuilderArgument::BuilderArgument(int64_t value)
    : values{made(Tensor::of_ints(DType::kInt32, {}, std::span(&value, 1)))} {}
BuilderArgument::BuilderArgument(bool value) {
  const int64_t element = value;
  values.emplace_back(made(Tensor::of_ints(DType::kBool, {}, std::span(&element, 1))));
}
BuilderArgument::BuilderArgument(const char* text) : BuilderArgument(std::string_view(text)) {}
BuilderArgument::BuilderArgument(std::string_view text) {
  auto scalar = string_scalar(std::string(text));
  values.emplace_back(scalar ? *std::move(scalar) : Datum());
}
BuilderArgument::BuilderArgument(const std::vector<int64_t>& ints)
    : values{made(Tensor::of_ints(DType::kInt32, {static_cast<int64_t>(ints.size())}, ints))} {}
BuilderArgument::BuilderArgument(const std::vector<bool>& flags) {
  const std::vector<int64_t> elements(flags.begin(), flags.end());
  values.emplace_back(made(Tensor::of_ints(DType::kBool, {static_cast<int64_t>(flags.size())}, elements)));
}

void Builder::fail(Error error) {
  if (!error_) error_ = std::move(error);
}

std::string Builder::unique_name(std::string_view wanted) {
  std::string base(wanted.empty() ? "value" : wanted);
  auto it = names_.find(base);
  if (it == names_.end()) {
    names_.emplace(base, 0);
    return base;
  }
  for (;;) {
    std::string name = fmt::format("{}_{}", base, ++it->second);
    if (!names_.contains(name)) {
      names_.emplace(name, 0);
      return name;
    }
  }
}

ValueId Builder::input(std::string_view name, ValueType type) {
  const ValueId id = function_->add_value(unique_name(name), std::move(type));
  function_->inputs.push_back(id);
  return id;
}

ValueId Builder::constant(Tensor value, std::string_view name) {
  if (!value.valid()) {
    fail(Error(ErrorCode::kEnvironment, fmt::format("no memory for constant '{}'", name)));
    return {};
  }
  std::string unique = unique_name(name);
  Op op;
  op.type = "const";
  const Datum datum(std::move(value));
  const ValueType type = type_of(datum);
  auto label = string_scalar(unique);
  if (label) op.attributes.push_back({"name", {type_of(*label), *label, {}, {}}});
  op.attributes.push_back({"val", {type, datum, {}, {}}});
  const ValueId id = function_->add_value(std::move(unique), type);
  op.outputs.push_back(id);
  block().ops.push_back(std::move(op));
  known_[id.index] = datum;
  return id;
}

Op Builder::make_op(std::string_view type, const ArgumentList& arguments, const std::string& name) {
  Op op;
  op.type = type;
  for (const auto& [parameter, argument] : arguments) {
    Argument bound{std::string(parameter), {}};
    for (const auto& value : argument.values) {
      if (const auto* id = std::get_if<ValueId>(&value)) {
        if (!id->valid())
          fail(Error(ErrorCode::kInternal, fmt::format("{}: parameter '{}' has no value", type, parameter)));
        bound.bindings.emplace_back(*id);
        continue;
      }
      const auto& datum = std::get<Datum>(value);
      if (!datum.tensor()) {  // lists and dictionaries stay inline
        bound.bindings.emplace_back(Constant{type_of(datum), datum, {}, {}});
        continue;
      }
      bound.bindings.emplace_back(constant(*datum.tensor(), fmt::format("{}_{}", name, parameter)));
    }
    op.inputs.push_back(std::move(bound));
  }
  std::ranges::sort(op.inputs, {}, &Argument::name);
  if (auto label = string_scalar(name)) op.attributes.push_back({"name", {type_of(*label), *label, {}, {}}});
  return op;
}

std::vector<ValueId> Builder::op_list(std::string_view type, const ArgumentList& arguments, size_t outputs,
                                      std::string_view name) {
  if (!ok()) return std::vector<ValueId>(outputs);
  const std::string unique = unique_name(name.empty() ? type : name);
  return append(make_op(type, arguments, unique), outputs, unique);
}

ValueId Builder::constexpr_op(std::string_view type, Arguments arguments, std::string_view name) {
  if (!ok()) return {};
  const std::string unique = unique_name(name.empty() ? type : name);
  Op op = make_op(type, {}, unique);
  for (const auto& [parameter, argument] : arguments) {
    const Datum& datum = std::get<Datum>(argument.values[0]);
    op.attributes.push_back({std::string(parameter), {type_of(datum), datum, {}, {}}});
  }
  std::ranges::sort(op.attributes, {}, &NamedConstant::name);
  return append(std::move(op), 1, unique)[0];
}

std::vector<ValueId> Builder::append(Op op, size_t outputs, const std::string& unique) {
  const std::string_view type = op.type;
  if (!ok()) return std::vector<ValueId>(outputs);
  auto call = make_call(
      op, function_->opset, [&](ValueId id) { return &function_->value(id).type; },
      [&](ValueId id) -> const Datum* {
        const auto it = known_.find(id.index);
        return it == known_.end() ? nullptr : &it->second;
      });
  auto types = call ? infer_types(*call) : Result<std::vector<ValueType>>(call.error());
  if (types && types->empty()) types->resize(outputs);
  if (!types || types->size() != outputs) {
    fail(!types ? types.error()
                : Error(ErrorCode::kInternal,
                        fmt::format("{} gives {} outputs, {} wanted", type, types->size(), outputs)));
    return std::vector<ValueId>(outputs);
  }
  const bool is_weight = type.starts_with("constexpr_");
  const std::vector<ValueId> ids = append_typed(std::move(op), *types, unique);
  // Not computed here, but known before the program runs: it may stand where a constant must.
  for (const ValueId id : ids) {
    if (is_weight) known_[id.index] = Datum();
  }
  return ids;
}

std::vector<ValueId> Builder::append_typed(Op op, const std::vector<ValueType>& types,
                                           const std::string& unique) {
  std::vector<ValueId> ids;
  for (size_t i = 0; i < types.size(); ++i) {
    ids.push_back(
        function_->add_value(i == 0 ? unique : unique_name(fmt::format("{}_out{}", unique, i)), types[i]));
  }
  op.outputs = ids;
  block().ops.push_back(std::move(op));
  return ids;
}

std::vector<ValueId> Builder::op_n(std::string_view type, Arguments arguments, size_t outputs,
                                   std::string_view name) {
  return op_list(type, ArgumentList(arguments), outputs, name);
}

ValueId Builder::op(std::string_view type, Arguments arguments, std::string_view name) {
  return op_list(type, ArgumentList(arguments), 1, name)[0];
}

void Builder::open_block(std::vector<ValueId> inputs) {
  owned_.push_back(std::make_unique<Block>());
  owned_.back()->inputs = std::move(inputs);
}

Block Builder::close_block(std::vector<ValueId> outputs) {
  Block closed = std::move(*owned_.back());
  owned_.pop_back();
  closed.outputs = std::move(outputs);
  return closed;
}

void Builder::rewind_out_of_block(Mark mark) {
  owned_.resize(mark.open_blocks);
  function_->values.resize(mark.values);
  std::erase_if(known_, [&](const auto& entry) { return entry.first >= mark.values; });
  error_.reset();
}

ValueId Builder::block_input(std::string_view name, ValueType type) {
  return function_->add_value(unique_name(name), std::move(type));
}

std::vector<ValueId> Builder::op_with_blocks(std::string_view type, const ArgumentList& arguments,
                                             std::vector<Block> blocks,
                                             const std::vector<ValueType>& output_types,
                                             std::string_view name) {
  std::vector<ValueId> ids(output_types.size());
  if (!ok()) return ids;
  const std::string unique = unique_name(name.empty() ? type : name);
  Op op = make_op(type, arguments, unique);
  if (!ok()) return ids;
  op.blocks = std::move(blocks);
  return append_typed(std::move(op), output_types, unique);
}

std::vector<ValueId> Builder::op_with_attributes(std::string_view type, const ArgumentList& arguments,
                                                 std::vector<NamedConstant> attributes,
                                                 const std::vector<ValueType>& output_types,
                                                 std::string_view name) {
  std::vector<ValueId> ids(output_types.size());
  if (!ok()) return ids;
  const std::string unique = unique_name(name.empty() ? type : name);
  Op op = make_op(type, arguments, unique);
  if (!ok()) return ids;
  std::ranges::move(attributes, std::back_inserter(op.attributes));
  std::ranges::sort(op.attributes, {}, &NamedConstant::name);
  return append_typed(std::move(op), output_types, unique);
}

void Builder::rename(ValueId id, std::string_view name) {
  if (!id.valid() || function_->value(id).name == name) return;
  for (Value& other : function_->values) {
    if (other.name == name) other.name = unique_name(name);
  }
  function_->value(id).name = name;
  names_.emplace(name, 0);
}

const ValueType& Builder::type(ValueId id) const { return id.valid() ? function_->value(id).type : kNoType; }

const Shape& Builder::shape(ValueId id) const {
  const TensorType* tensor = type(id).tensor();
  return tensor && tensor->shape ? *tensor->shape : kNoShape;
}

const Tensor* Builder::known_value(ValueId id) const {
  const auto it = known_.find(id.index);
  return it == known_.end() ? nullptr : it->second.tensor();
}

}  // namespace wf
