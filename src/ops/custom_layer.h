// Layers whose code a model file does not hold: the app the model was made for brought it along. Here a
// program registers an implementation under the class name that the model uses.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ops/call.h"

namespace wf {

using CustomParameter = std::variant<bool, int64_t, double, std::string>;
using CustomParameters = std::map<std::string, CustomParameter, std::less<>>;

// One call, as the implementation sees it.
struct CustomLayerCall {
  std::string class_name;
  std::string layer_name;
  CustomParameters parameters;
  std::vector<Tensor> inputs;   // in the order the model gives them, of the dtypes it declares
  std::vector<Tensor> weights;  // of a neural network: flat, since the file keeps no shape for them
  // What each output must be. kUnknownSize where the model leaves a size open; no shape: anything goes.
  std::vector<TensorType> outputs;
};

struct CustomLayer {
  // One tensor for each output, of its shape; floating outputs in any floating dtype. May throw.
  std::function<Result<std::vector<Tensor>>(const CustomLayerCall&)> evaluate;
  // The output shapes for these input shapes (which may hold kUnknownSize). Optional: ML programs declare
  // their shapes, and without it the outputs of a neural network's layer have the shape of its first input.
  // May throw.
  std::function<Result<std::vector<Shape>>(const std::vector<Shape>& inputs,
                                           const CustomParameters& parameters)>
      output_shapes;
};

// From any thread. A class registered again is replaced; models loaded before see the new implementation from
// their next prediction on.
Status register_custom_layer(std::string class_name, CustomLayer layer);
void forget_custom_layer(std::string_view class_name);
// Null if nobody registered it. Stays valid though it is replaced meanwhile.
std::shared_ptr<const CustomLayer> find_custom_layer(std::string_view class_name);

// What an operation `custom_layer` carries in its attributes besides its values.
struct CustomLayerAttributes {
  std::string class_name;
  std::vector<std::string> inputs, parameters, weights;  // names of the operation's arguments
};
Result<CustomLayerAttributes> custom_layer_attributes(const Op& op);

// layer.output_shapes, its exceptions caught and its answer checked.
Result<std::vector<Shape>> custom_output_shapes(const CustomLayer& layer, const std::vector<Shape>& inputs,
                                                const CustomParameters& parameters, size_t outputs);

// An error that names the class unless every custom layer of the function has an implementation.
Status check_custom_layers(const Function& function);

}  // namespace wf
