// custom_layer: runs what the program registered under the layer's class name.
#include "ops/custom_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>

namespace wf {
namespace {

// The shapes come from the model, from the implementation, or from the run itself.
Result<std::vector<ValueType>> infer(const Call& call) {
  return std::vector<ValueType>(call.op().outputs.size());
}

Error failed(const Evaluation& eval, std::string_view class_name, std::string_view what) {
  return {ErrorCode::kRuntime, fmt::format("custom layer '{}': {}", class_name, what), eval.op().label(),
          "the fault is in the implementation that was registered for it"};
}

// The argument as the model declares it: the exact reading holds doubles.
Result<Tensor> declared_tensor(const Evaluation& eval, const std::string& name) {
  const Tensor* tensor = eval.tensor(name);
  if (!tensor) return eval.error(fmt::format("a custom layer has no tensor '{}'", name));
  return tensor->dtype() == DType::kString ? Result<Tensor>(*tensor) : converted(*tensor, eval.dtype(name));
}

Result<CustomParameter> parameter_value(const Evaluation& eval, const std::string& name) {
  const Tensor* tensor = eval.tensor(name);
  if (!tensor || tensor->size() != 1)
    return eval.error(fmt::format("parameter '{}' of a custom layer is not a single value", name));
  if (tensor->dtype() == DType::kString) return CustomParameter(tensor->strings()[0]);
  if (tensor->dtype() == DType::kBool) return CustomParameter(read_int(*tensor, 0) != 0);
  if (is_integer(tensor->dtype())) return CustomParameter(read_int(*tensor, 0));
  return CustomParameter(read_double(*tensor, 0));
}

Result<CustomLayerCall> make_custom_call(const Evaluation& eval, CustomLayerAttributes attributes) {
  CustomLayerCall call;
  for (const std::string& name : attributes.parameters) {
    if (!eval.has(name)) continue;  // an optional one that was left out
    WF_TRY(CustomParameter value, parameter_value(eval, name));
    call.parameters.emplace(name, std::move(value));
  }
  const auto listed = [](const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
  };
  if (attributes.inputs.empty()) {  // no order given: every other argument, by name
    for (const Argument& argument : eval.op().inputs) {
      if (!listed(attributes.parameters, argument.name) && !listed(attributes.weights, argument.name))
        attributes.inputs.push_back(argument.name);
    }
  }
  for (const std::string& name : attributes.inputs) {
    WF_TRY(Tensor input, declared_tensor(eval, name));
    call.inputs.push_back(std::move(input));
  }
  for (const std::string& name : attributes.weights) {
    WF_TRY(Tensor weight, declared_tensor(eval, name));
    call.weights.push_back(std::move(weight));
  }
  call.class_name = std::move(attributes.class_name);
  const Constant* label = eval.op().find_attribute("name");
  const Tensor* text = label ? label->data.tensor() : nullptr;
  if (text && text->dtype() == DType::kString && text->size() == 1) call.layer_name = text->strings()[0];
  for (size_t i = 0; i < eval.output_count(); ++i) {
    const TensorType* type = eval.output_type(i).tensor();
    if (!type) {
      return eval.error(fmt::format("output {} of a custom layer is declared {}, expected a tensor", i,
                                    to_string(eval.output_type(i))));
    }
    call.outputs.push_back(*type);
  }
  return call;
}

// The shapes of the shape function, where it fits what the model declares.
Status ask_for_shapes(const Evaluation& eval, const CustomLayer& layer, CustomLayerCall& call) {
  if (!layer.output_shapes) return {};
  std::vector<Shape> inputs;
  for (const Tensor& input : call.inputs) inputs.push_back(input.shape());
  auto shapes = custom_output_shapes(layer, inputs, call.parameters, call.outputs.size());
  if (!shapes) return failed(eval, call.class_name, shapes.error().message);
  for (size_t i = 0; i < shapes->size(); ++i) {
    TensorType& output = call.outputs[i];
    const TensorType promised{output.dtype, (*shapes)[i]};
    if (!fits(ValueType(promised), ValueType(output))) {
      return failed(eval, call.class_name,
                    fmt::format("its shape function gives {} for output {}, the model declares {}",
                                to_string((*shapes)[i]), i, to_string(ValueType(output))));
    }
    output = promised;
  }
  return {};
}

Result<std::vector<Tensor>> evaluate(const CustomLayer& layer, const CustomLayerCall& call) {
  try {
    return layer.evaluate(call);
  } catch (const std::exception& thrown) {
    return Error(ErrorCode::kRuntime, fmt::format("it threw: {}", thrown.what()));
  } catch (...) {
    return Error(ErrorCode::kRuntime, "it threw");
  }
}

Status check_output(const Evaluation& eval, const CustomLayerCall& call, size_t i, const Tensor& given) {
  const TensorType& wanted = call.outputs[i];
  if (!given.valid()) return failed(eval, call.class_name, fmt::format("output {} is no tensor", i));
  const bool floating = is_floating(given.dtype()) && is_floating(wanted.dtype);
  const TensorType found{floating ? wanted.dtype : given.dtype(), given.shape()};
  if (!fits(ValueType(found), ValueType(wanted))) {
    return failed(eval, call.class_name,
                  fmt::format("output {} is {}, expected {}", i,
                              to_string(ValueType(TensorType{given.dtype(), given.shape()})),
                              to_string(ValueType(wanted))));
  }
  if (!floating) return {};
  const std::vector<double> values = read_doubles(given);
  const auto bad = std::ranges::find_if(values, [](double value) { return !std::isfinite(value); });
  if (bad == values.end()) return {};
  return failed(eval, call.class_name,
                fmt::format("element {} of output {} is {}", bad - values.begin(), i, *bad));
}

Status reference(Evaluation& eval) {
  WF_TRY(CustomLayerAttributes attributes, custom_layer_attributes(eval.op()));
  const auto layer = find_custom_layer(attributes.class_name);
  if (!layer) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("custom layer '{}' has no implementation any more", attributes.class_name),
                 eval.op().label(), "it was taken back after the model was loaded");
  }
  WF_TRY(CustomLayerCall call, make_custom_call(eval, std::move(attributes)));
  WF_CHECK(ask_for_shapes(eval, *layer, call));
  auto outputs = evaluate(*layer, call);
  if (!outputs) return failed(eval, call.class_name, outputs.error().message);
  if (outputs->size() != call.outputs.size()) {
    return failed(eval, call.class_name,
                  fmt::format("it gave {} outputs, expected {}", outputs->size(), call.outputs.size()));
  }
  for (size_t i = 0; i < outputs->size(); ++i) {
    WF_CHECK(check_output(eval, call, i, (*outputs)[i]));
    const DType stored = eval.storage(call.outputs[i].dtype);
    if (stored == (*outputs)[i].dtype() || !is_floating(stored)) {
      eval.set_output(i, (*outputs)[i]);
      continue;
    }
    WF_TRY(Tensor rounded, converted((*outputs)[i], stored));
    eval.set_output(i, std::move(rounded));
  }
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "custom_layer",
    .infer = infer,
    .reference = reference,
    .doc = "The implementation that the program registered under the attribute `class_name`. The attributes "
           "`input_order`, `parameters` and `weights` say which of the arguments, whose names are the "
           "layer's own, are which. Refused by that name while nobody registered it. Source: what the "
           "converters write for operations marked as custom; neural networks have the same as a layer.",
    .open_parameters = true,
}};

}  // namespace

WF_OP_FILE(custom_layer, kDefs);
}  // namespace wf
