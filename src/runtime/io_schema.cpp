#include "runtime/io_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace wf {
namespace {

// Can the leading dimension be larger than 1?
bool is_batch_capable(const ValueType& type) {
  const TensorType* tensor = type.tensor();
  return tensor && tensor->shape && !tensor->shape->empty() && tensor->shape->front() == kUnknownSize;
}

// kUnknownSize where the description allows several sizes; no shape where it leaves even the rank open.
TensorType array_type(const ArrayFeature& array) {
  if (!array.enumerated.empty() || (array.shape.empty() && array.ranges.empty()))
    return {array.dtype, std::nullopt};
  if (array.ranges.empty()) return {array.dtype, array.shape};
  Shape shape;
  for (const SizeRange& range : array.ranges) {
    shape.push_back(range.lower == range.upper ? range.lower : kUnknownSize);
  }
  return {array.dtype, std::move(shape)};
}

ValueType key_type(KeyKind kind) {
  return tensor_type(kind == KeyKind::kInt64 ? DType::kInt64 : DType::kString, {});
}

ValueType described_type(const Feature& feature) {
  struct Visitor {
    ValueType operator()(const std::monostate&) const { return {}; }
    ValueType operator()(const ArrayFeature& array) const { return array_type(array); }
    ValueType operator()(const ImageFeature& image) const {
      return tensor_type(DType::kFloat32, {1, channels(image.layout), image.height, image.width});
    }
    ValueType operator()(const DictFeature& dict) const {
      return DictType{std::make_shared<const ValueType>(key_type(dict.key)),
                      std::make_shared<const ValueType>(tensor_type(DType::kFloat64, {}))};
    }
    ValueType operator()(const SequenceFeature& sequence) const {
      return ListType{std::make_shared<const ValueType>(key_type(sequence.element)), kUnknownSize};
    }
    ValueType operator()(const Int64Feature&) const { return tensor_type(DType::kInt64, {}); }
    ValueType operator()(const DoubleFeature&) const { return tensor_type(DType::kFloat64, {}); }
    ValueType operator()(const StringFeature&) const { return tensor_type(DType::kString, {}); }
    ValueType operator()(const StateFeature& state) const { return StateType{array_type(state.array)}; }
  };
  return std::visit(Visitor{}, feature.type);
}

TensorSpec described_spec(const Feature& feature) {
  TensorSpec spec{.name = feature.name, .type = described_type(feature)};
  spec.is_image = feature.image() != nullptr;
  spec.is_optional = feature.optional;
  spec.batch_capable = is_batch_capable(spec.type);
  if (feature.array()) spec.fallback = feature.array()->fallback;
  return spec;
}

}  // namespace

Error missing_weights(const ModelFile& file) {
  return {ErrorCode::kWeightsMissing,
          fmt::format("the model's weights are missing: '{}'", file.missing_weights[0]),
          {},
          "copy the model's whole folder; large files may be left out by version control"};
}

Result<const Function*> find_function(const ModelFile& file, std::string_view requested) {
  const std::string& usual = file.description.default_function;
  const std::string_view wanted = !requested.empty() ? requested
                                  : usual.empty()    ? "main"
                                                     : std::string_view(usual);
  if (const Function* function = file.program->find(wanted); function && file.description.find(wanted))
    return function;
  std::vector<std::string_view> known;
  for (const Function& function : file.program->functions) known.push_back(function.name);
  return Error(ErrorCode::kNotFound,
               fmt::format("no function '{}'; the model has: {}", wanted, fmt::join(known, ", ")));
}

Result<IoSchema> make_io_schema(const Interface& interface, const Function& function) {
  IoSchema schema;
  for (const ValueId id : function.inputs) {
    const Value& value = function.value(id);
    TensorSpec spec{.name = value.name, .type = value.type};
    if (value.type.state()) {
      spec.is_state = true;
      schema.states.push_back(std::move(spec));
      continue;
    }
    const Feature* feature = interface.find_input(value.name);
    if (!feature) {
      return Error(
          ErrorCode::kBadModel,
          fmt::format("the program takes an input '{}' that the description does not name", value.name));
    }
    spec.is_image = feature->image() != nullptr;
    spec.is_optional = feature->optional;
    spec.batch_capable = is_batch_capable(value.type);
    if (feature->array()) spec.fallback = feature->array()->fallback;
    schema.inputs.push_back(std::move(spec));
  }
  for (const ValueId id : function.body.outputs) {
    const Value& value = function.value(id);
    const Feature* feature = interface.find_output(value.name);
    schema.outputs.push_back({.name = value.name,
                              .type = value.type,
                              .is_image = feature && feature->image(),
                              .batch_capable = is_batch_capable(value.type)});
  }
  for (const Feature& feature : interface.outputs) {
    if (std::ranges::find(schema.outputs, feature.name, &TensorSpec::name) == schema.outputs.end()) {
      return Error(ErrorCode::kBadModel,
                   fmt::format("the description names an output '{}' that the program does not compute",
                               feature.name));
    }
  }
  return schema;
}

IoSchema make_described_schema(const Interface& interface) {
  IoSchema schema;
  for (const Feature& feature : interface.inputs) schema.inputs.push_back(described_spec(feature));
  for (const Feature& feature : interface.outputs) schema.outputs.push_back(described_spec(feature));
  return schema;
}

std::vector<TensorSpec> described_states(const Interface& interface) {
  std::vector<TensorSpec> states;
  for (const Feature& feature : interface.states) {
    const auto* state = std::get_if<StateFeature>(&feature.type);
    if (!state) continue;
    TensorSpec spec{.name = feature.name,
                    .type = StateType{TensorType{state->array.dtype, state->array.shape}}};
    spec.is_state = true;
    states.push_back(std::move(spec));
  }
  return states;
}

}  // namespace wf
