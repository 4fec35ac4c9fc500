// Custom layers: run if the program registered an implementation of their class.
#include <algorithm>

#include "formats/neural_network/layer_context.h"
#include "ops/custom_layer.h"
#include "proto/data_structures.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;
using P = proto::CustomLayerParams;
using V = proto::CustomLayerParamValue;

constexpr size_t kMaxArguments = 4096;

// A parameter as the implementation will get it, and as an argument of the operation.
struct Parameter {
  std::string name;
  CustomParameter value;
  Datum datum;
};

Result<Parameter> read_parameter(const Message& entry) {
  Parameter parameter{entry.text(proto::MapEntry::kKey), {}, {}};
  const Message value = entry.message(proto::MapEntry::kValue);
  const auto set = [&](CustomParameter plain, Result<Tensor> tensor) -> Status {
    WF_TRY(Tensor held, std::move(tensor));
    parameter.value = std::move(plain);
    parameter.datum = Datum(std::move(held));
    return {};
  };
  const auto whole = [&](DType dtype, int64_t number) {
    return set(number, Tensor::of_ints(dtype, {}, std::span(&number, 1)));
  };
  switch (value.which({V::kDoubleValue, V::kStringValue, V::kIntValue, V::kLongValue, V::kBoolValue})) {
    case V::kDoubleValue: {
      const double number = value.f64(V::kDoubleValue);
      WF_CHECK(set(number, Tensor::scalar(DType::kFloat64, number)));
      break;
    }
    case V::kStringValue: {
      std::string text = value.text(V::kStringValue);
      WF_CHECK(set(text, Tensor::of_strings({}, {text})));
      break;
    }
    case V::kIntValue:
      WF_CHECK(whole(DType::kInt32, static_cast<int32_t>(value.i64(V::kIntValue))));
      break;
    case V::kLongValue:
      WF_CHECK(whole(DType::kInt64, value.i64(V::kLongValue)));
      break;
    case V::kBoolValue: {
      const bool flag = value.flag(V::kBoolValue);
      WF_CHECK(set(flag, Tensor::scalar(DType::kBool, flag ? 1 : 0)));
      break;
    }
    default:
      return Error(ErrorCode::kBadModel, fmt::format("parameter '{}' has no value", parameter.name));
  }
  return parameter;
}

// WeightParams tell no shape, so the weights are a vector. Of packed integers only the bits are counted.
Result<int64_t> weight_count(const Message& weights) {
  using W = proto::WeightParams;
  if (weights.has(W::kFloat16Value)) return static_cast<int64_t>(weights.bytes(W::kFloat16Value).size() / 2);
  if (weights.has(W::kInt8RawValue)) return static_cast<int64_t>(weights.bytes(W::kInt8RawValue).size());
  if (!weights.has(W::kRawValue)) return static_cast<int64_t>(weights.floats(W::kFloatValue).size());
  const uint64_t bits = weights.message(W::kQuantization).u64(proto::QuantizationParams::kNumberOfBits);
  if (bits < 1 || bits > 8)
    return Error(ErrorCode::kBadModel, fmt::format("quantized to {} bits, expected 1 to 8", bits));
  return static_cast<int64_t>(weights.bytes(W::kRawValue).size() * 8 / bits);
}

NamedConstant attribute(std::string name, Datum value) {
  ValueType type = type_of(value);
  return {std::move(name), {std::move(type), std::move(value), {}, {}}};
}

Result<NamedConstant> names_attribute(std::string name, const std::vector<std::string>& names) {
  List list;
  for (const std::string& each : names) {
    WF_TRY(Datum text, string_scalar(each));
    list.items.push_back(std::move(text));
  }
  // Said explicitly, since an empty list does not tell the type of its elements.
  const ListType type{std::make_shared<const ValueType>(tensor_type(DType::kString, {})),
                      static_cast<int64_t>(names.size())};
  return NamedConstant{std::move(name), {type, Datum(std::move(list)), {}, {}}};
}

Result<std::vector<ValueType>> output_types(LayerContext& c, const CustomLayer& layer,
                                            const std::vector<Shape>& inputs,
                                            const CustomParameters& parameters) {
  std::vector<Shape> shapes;
  if (layer.output_shapes) {
    WF_TRY(shapes, custom_output_shapes(layer, inputs, parameters, c.output_count()));
  } else if (!inputs.empty()) {
    shapes.assign(c.output_count(), inputs[0]);
  } else {
    return Error(ErrorCode::kUnsupported, "a custom layer without inputs needs a shape function");
  }
  std::vector<ValueType> types;
  for (Shape& shape : shapes) types.push_back(tensor_type(DType::kFloat32, std::move(shape)));
  return types;
}

Result<std::vector<Parameter>> read_parameters(const Message& params) {
  std::vector<Parameter> parameters;
  for (const Message& entry : params.messages(P::kParameters)) {
    WF_TRY(Parameter parameter, read_parameter(entry));
    // Of a key that occurs twice the last counts, as in every protobuf map.
    std::erase_if(parameters, [&](const Parameter& other) { return other.name == parameter.name; });
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

// What to put before "input_0" and "weight_0", so that they make way for parameters, which keep their names.
std::string free_prefix(const std::vector<Parameter>& parameters) {
  std::string prefix;
  const auto taken = [&](const Parameter& parameter) {
    return parameter.name.starts_with(prefix + "input_") || parameter.name.starts_with(prefix + "weight_");
  };
  while (std::ranges::any_of(parameters, taken)) prefix += "layer_";
  return prefix;
}

// The input with all its dimensions, under a name that leaves the layer's own to the layer.
ValueId whole_input(LayerContext& c, size_t i) {
  if (c.input_blob(i).hidden == 0) return c.held(i);
  return c.builder().op("expand_dims", {{"x", c.held(i)}, {"axes", std::vector<int64_t>{0}}},
                        c.name() + "_input");
}

Status lower_custom(LayerContext& c) {
  WF_CHECK(c.expect(0, kMaxArguments, c.output_count()));
  if (c.output_count() == 0) return c.bad("has no outputs");
  const std::string class_name = c.params().text(P::kClassName);
  const auto layer = find_custom_layer(class_name);
  if (!layer) return c.unsupported(fmt::format("custom layer '{}' has no implementation", class_name));
  WF_REQUIRE(
      c.params().count(P::kParameters) <= kMaxArguments && c.params().count(P::kWeights) <= kMaxArguments,
      kBadModel, "more parameters or weights than any layer has");

  WF_TRY(const std::vector<Parameter> parameters, read_parameters(c.params()));
  const std::string prefix = free_prefix(parameters);
  CustomParameters values;
  std::vector<std::string> input_names, parameter_names, weight_names;
  std::vector<std::pair<std::string, BuilderArgument>> arguments;
  for (const Parameter& parameter : parameters) {
    parameter_names.push_back(parameter.name);
    arguments.emplace_back(parameter.name, parameter.datum);
    values.emplace(parameter.name, parameter.value);
  }
  std::vector<Shape> input_shapes;
  for (size_t i = 0; i < c.input_count(); ++i) {
    const ValueId input = whole_input(c, i);
    input_shapes.push_back(c.builder().shape(input));
    input_names.push_back(fmt::format("{}input_{}", prefix, i));
    arguments.emplace_back(input_names.back(), input);
  }
  for (const Message& weights : c.params().messages(P::kWeights)) {
    WF_TRY(const int64_t count, weight_count(weights));
    weight_names.push_back(fmt::format("{}weight_{}", prefix, weight_names.size()));
    arguments.emplace_back(weight_names.back(), c.weights(weights, {count}, weight_names.back()));
  }

  std::vector<NamedConstant> attributes;
  WF_TRY(Datum class_text, string_scalar(class_name));
  attributes.push_back(attribute("class_name", std::move(class_text)));
  for (const auto& [name, names] :
       {std::pair{"input_order", &input_names}, std::pair{"parameters", &parameter_names},
        std::pair{"weights", &weight_names}}) {
    WF_TRY(NamedConstant listed, names_attribute(name, *names));
    attributes.push_back(std::move(listed));
  }
  auto types = output_types(c, *layer, input_shapes, values);
  if (!types) return std::move(types).error().at(fmt::format("custom layer '{}'", class_name));
  const Builder::ArgumentList list(arguments.begin(), arguments.end());
  const std::vector<ValueId> outputs =
      c.builder().op_with_attributes("custom_layer", list, std::move(attributes), *types, c.name());
  for (size_t i = 0; i < outputs.size(); ++i) c.set(outputs[i], i);
  return {};
}

constexpr LayerDef kDefs[] = {{L::kCustom, "custom", lower_custom}};

}  // namespace

WF_LAYER_FILE(custom, kDefs);
}  // namespace wf
