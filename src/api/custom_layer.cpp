// Custom layers of the public interface, as the operations know them.
#include "ops/custom_layer.h"

#include "api/convert_values.h"

namespace windfall {
namespace {

static_assert(std::is_same_v<CustomParameters, wf::CustomParameters>);

// The operation names layer and class; what went wrong is the implementation's to say.
wf::Error internal_error(const Error& error) { return {wf::ErrorCode::kRuntime, error.message}; }

std::vector<Tensor> wrapped(const std::vector<wf::Tensor>& tensors) {
  std::vector<Tensor> out;
  for (const wf::Tensor& tensor : tensors) out.push_back(detail::Access::wrap(tensor));
  return out;
}

CustomLayerCall public_call(const wf::CustomLayerCall& call) {
  CustomLayerCall out;
  out.class_name = call.class_name;
  out.layer_name = call.layer_name;
  out.parameters = call.parameters;
  out.inputs = wrapped(call.inputs);
  out.weights = wrapped(call.weights);
  for (const wf::TensorType& type : call.outputs) {
    out.outputs.push_back({static_cast<DType>(type.dtype), type.shape.value_or(Shape()), !type.shape});
  }
  return out;
}

}  // namespace

Result<std::monostate> register_custom_layer(std::string class_name, CustomLayer layer) {
  wf::CustomLayer internal;
  if (layer.evaluate) {
    internal.evaluate = [evaluate = std::move(layer.evaluate)](
                            const wf::CustomLayerCall& call) -> wf::Result<std::vector<wf::Tensor>> {
      auto outputs = evaluate(public_call(call));
      if (!outputs) return internal_error(outputs.error());
      std::vector<wf::Tensor> tensors;
      for (const Tensor& tensor : *outputs) tensors.push_back(detail::Access::unwrap(tensor));
      return tensors;
    };
  }
  if (layer.output_shapes) {
    internal.output_shapes = [shapes = std::move(layer.output_shapes)](
                                 const std::vector<Shape>& inputs,
                                 const CustomParameters& parameters) -> wf::Result<std::vector<Shape>> {
      auto found = shapes(inputs, parameters);
      if (!found) return internal_error(found.error());
      return *std::move(found);
    };
  }
  const auto status = wf::register_custom_layer(std::move(class_name), std::move(internal));
  if (!status) return public_error(status.error());
  return std::monostate();
}

void forget_custom_layer(std::string_view class_name) { wf::forget_custom_layer(class_name); }

}  // namespace windfall
