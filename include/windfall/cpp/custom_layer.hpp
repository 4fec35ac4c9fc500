// Layers whose code the program brings along. Part of windfall/windfall.hpp.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "windfall/cpp/tensor.hpp"

namespace windfall {

// A layer whose code is not in the model file: the app the model was made for brings it along, and the file
// keeps only a class name, parameters and weights. Register an implementation under that name before loading.
using CustomParameter = std::variant<bool, std::int64_t, double, std::string>;
using CustomParameters = std::map<std::string, CustomParameter, std::less<>>;

struct CustomLayerCall {
  std::string class_name;
  std::string layer_name;  // the layer's own name in the model
  CustomParameters parameters;
  std::vector<Tensor> inputs;   // of the dtypes the model declares: fp32 in a neural network
  std::vector<Tensor> weights;  // of a neural network: flat, since its file keeps no shape for them
  struct Output {
    DType dtype = DType::kFloat32;
    Shape shape;  // -1 where the model leaves a size open
    bool any_shape = false;
  };
  std::vector<Output> outputs;  // what each output has to be
};

// Its functions are called by as many threads as predict. Tensors of a call are not to be kept beyond it.
struct CustomLayer {
  // One tensor for each output; floating ones in any floating dtype. An error, an exception, a wrong shape or
  // dtype, and an output that is not finite end the prediction with an error that names the layer.
  std::function<Result<std::vector<Tensor>>(const CustomLayerCall& call)> evaluate;
  // The shape of each output for these input shapes, where -1 is a size not known yet. Left out, the outputs
  // of a neural network's layer have the shape of its first input; ML programs declare their shapes.
  std::function<Result<std::vector<Shape>>(const std::vector<Shape>& inputs,
                                           const CustomParameters& parameters)>
      output_shapes = {};
};

namespace detail {

inline Result<CustomParameters> parameters_of(const windfall_layer_call_t* call) {
  CustomParameters out;
  const std::size_t count = windfall_layer_count(call, WINDFALL_LAYER_PARAMETERS);
  for (std::size_t i = 0; i < count; ++i) {
    windfall_layer_parameter_t parameter{};
    parameter.struct_size = sizeof parameter;
    if (windfall_error_t* error = windfall_layer_parameter(call, i, &parameter)) return taken(error);
    CustomParameter& value = out[parameter.name];
    switch (parameter.kind) {
      case WINDFALL_PARAMETER_BOOL:
        value = parameter.whole != 0;
        break;
      case WINDFALL_PARAMETER_INT64:
        value = parameter.whole;
        break;
      case WINDFALL_PARAMETER_DOUBLE:
        value = parameter.number;
        break;
      default:
        value = std::string(parameter.text);
    }
  }
  return out;
}

inline Result<std::vector<Tensor>> layer_tensors(const windfall_layer_call_t* call, std::int32_t which) {
  std::vector<Tensor> out;
  const std::size_t count = windfall_layer_count(call, which);
  for (std::size_t i = 0; i < count; ++i) {
    auto tensor = Tensor::from_handle(make<TensorHandle>(
        [&](windfall_tensor_t** to) { return windfall_layer_tensor(call, which, i, to); }));
    if (!tensor) return tensor.error();
    out.push_back(*std::move(tensor));
  }
  return out;
}

inline Result<std::vector<CustomLayerCall::Output>> layer_values(const windfall_layer_call_t* call,
                                                                 std::int32_t which) {
  std::vector<CustomLayerCall::Output> out;
  const std::size_t count = windfall_layer_count(call, which);
  for (std::size_t i = 0; i < count; ++i) {
    windfall_layer_value_t value{};
    value.struct_size = sizeof value;
    if (windfall_error_t* error = windfall_layer_value(call, which, i, &value)) return taken(error);
    CustomLayerCall::Output& output = out.emplace_back();
    if (value.dtype >= 0) output.dtype = static_cast<DType>(value.dtype);
    if (value.rank > 0) output.shape.assign(value.shape, value.shape + value.rank);
    output.any_shape = value.any_shape != 0;
  }
  return out;
}

inline Status evaluate_layer(const CustomLayer& layer, windfall_layer_call_t* call) {
  CustomLayerCall seen;
  seen.class_name = windfall_layer_class_name(call);
  seen.layer_name = windfall_layer_name(call);
  auto parameters = parameters_of(call);
  if (!parameters) return parameters.error();
  seen.parameters = *std::move(parameters);
  auto inputs = layer_tensors(call, WINDFALL_LAYER_INPUTS);
  if (!inputs) return inputs.error();
  seen.inputs = *std::move(inputs);
  auto weights = layer_tensors(call, WINDFALL_LAYER_WEIGHTS);
  if (!weights) return weights.error();
  seen.weights = *std::move(weights);
  auto wanted = layer_values(call, WINDFALL_LAYER_OUTPUTS);
  if (!wanted) return wanted.error();
  seen.outputs = *std::move(wanted);
  const auto outputs = layer.evaluate(seen);
  if (!outputs) return outputs.error();
  if (outputs->size() != seen.outputs.size()) {
    return refused("it gave " + std::to_string(outputs->size()) + " outputs, expected " +
                   std::to_string(seen.outputs.size()));
  }
  for (std::size_t i = 0; i < outputs->size(); ++i) {
    if (auto status = status_of(windfall_layer_set_output(call, i, (*outputs)[i].c_handle())); !status)
      return status;
  }
  return std::monostate();
}

inline Status layer_shapes(const CustomLayer& layer, windfall_layer_call_t* call) {
  const auto parameters = parameters_of(call);
  if (!parameters) return parameters.error();
  auto inputs = layer_values(call, WINDFALL_LAYER_INPUTS);
  if (!inputs) return inputs.error();
  std::vector<Shape> shapes;
  for (auto& input : *inputs) shapes.push_back(std::move(input.shape));
  const auto outputs = layer.output_shapes(shapes, *parameters);
  if (!outputs) return outputs.error();
  for (std::size_t i = 0; i < outputs->size(); ++i) {
    const Shape& shape = (*outputs)[i];
    if (auto status = status_of(windfall_layer_set_output_shape(call, i, shape.size(), shape.data()));
        !status)
      return status;
  }
  return std::monostate();
}

// Nothing is thrown into the library: errors and exceptions become words.
template <Status (*work)(const CustomLayer&, windfall_layer_call_t*)>
void layer_callback(void* context, windfall_layer_call_t* call) {
  try {
    const Status status = work(*static_cast<const CustomLayer*>(context), call);
    if (!status) windfall_layer_fail(call, status.error().message.c_str());
  } catch (const std::exception& thrown) {
    try {
      windfall_layer_fail(call, (std::string("it threw: ") + thrown.what()).c_str());
    } catch (...) {
      windfall_layer_fail(call, "it threw");
    }
  } catch (...) {
    windfall_layer_fail(call, "it threw");
  }
}

}  // namespace detail

// From any thread. Registering a class again replaces it, for models loaded before as well.
inline Status register_custom_layer(const std::string& class_name, CustomLayer layer) {
  if (!layer.evaluate) return detail::refused("custom layer '" + class_name + "' has no evaluate");
  auto context = std::make_unique<CustomLayer>(std::move(layer));
  windfall_layer_t raw{};
  raw.struct_size = sizeof raw;
  raw.evaluate = detail::layer_callback<detail::evaluate_layer>;
  if (context->output_shapes) raw.output_shapes = detail::layer_callback<detail::layer_shapes>;
  raw.context = context.get();
  raw.release = [](void* pointer) { delete static_cast<CustomLayer*>(pointer); };
  if (windfall_error_t* error = windfall_layer_register(class_name.c_str(), &raw))
    return detail::taken(error);
  context.release();  // the library's until it calls `release`
  return std::monostate();
}
inline void forget_custom_layer(const std::string& class_name) { windfall_layer_forget(class_name.c_str()); }

}  // namespace windfall
