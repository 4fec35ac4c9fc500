// Version 2: custom layers.
#include <cmath>

#include "api/c_objects.h"
#include "ops/custom_layer.h"

namespace wf::api {
namespace {

constexpr size_t kMostOutputs = 1024;

struct Parameter {
  std::string name;
  CustomParameter value;
};

// What a callback sees of one call; its handle goes when the callback returns.
struct LayerCallObject {
  static constexpr HandleKind kKind = HandleKind::kLayerCall;
  std::string class_name, layer_name;
  std::vector<Parameter> parameters;
  std::vector<Tensor> tensors[3];    // by WINDFALL_LAYER_INPUTS, ...; none where only shapes are asked for
  std::vector<TensorType> types[3];  // as many as the layer has
  std::vector<std::optional<Tensor>> outputs;
  bool asks_for_shapes = false;
  std::vector<std::optional<Shape>> output_shapes;
  std::optional<std::string> failure;
};

// The functions of a registered layer; the last call that uses them lets go of them.
struct Implementation {
  windfall_layer_t layer{};
  Implementation() = default;
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;
  ~Implementation() {
    try {
      if (layer.release) layer.release(layer.context);
    } catch (...) {  // of a caller in C++: there is nobody to tell
    }
  }
};

std::vector<Parameter> listed(const CustomParameters& parameters) {
  std::vector<Parameter> out;
  for (const auto& [name, value] : parameters) out.push_back({name, value});
  return out;
}

std::vector<TensorType> types_of(const std::vector<Tensor>& tensors) {
  std::vector<TensorType> out;
  for (const Tensor& tensor : tensors) out.push_back({tensor.dtype(), tensor.shape()});
  return out;
}

// Calls the caller's function with a handle that is good for just that long. What it throws goes through.
Status call_out(windfall_layer_fn function, void* context, const std::shared_ptr<LayerCallObject>& object) {
  struct Handle {
    windfall_layer_call_t* value = nullptr;
    ~Handle() { free_object<LayerCallObject>(value); }
  } handle;
  give(object, &handle.value);
  function(context, handle.value);
  if (object->failure) return Error(ErrorCode::kRuntime, *object->failure);
  return {};
}

template <class T>
Result<std::vector<T>> all_set(std::vector<std::optional<T>>& values) {
  std::vector<T> out;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) return Error(ErrorCode::kRuntime, fmt::format("it did not set output {}", i));
    out.push_back(*std::move(values[i]));
  }
  return out;
}

CustomLayer internal_layer(const std::string& class_name,
                           const std::shared_ptr<const Implementation>& implementation) {
  CustomLayer out;
  out.evaluate = [implementation](const CustomLayerCall& call) -> Result<std::vector<Tensor>> {
    const auto object = std::make_shared<LayerCallObject>();
    object->class_name = call.class_name;
    object->layer_name = call.layer_name;
    object->parameters = listed(call.parameters);
    object->tensors[WINDFALL_LAYER_INPUTS] = call.inputs;
    object->tensors[WINDFALL_LAYER_WEIGHTS] = call.weights;
    object->types[WINDFALL_LAYER_INPUTS] = types_of(call.inputs);
    object->types[WINDFALL_LAYER_OUTPUTS] = call.outputs;
    object->types[WINDFALL_LAYER_WEIGHTS] = types_of(call.weights);
    object->outputs.resize(call.outputs.size());
    WF_CHECK(call_out(implementation->layer.evaluate, implementation->layer.context, object));
    return all_set(object->outputs);
  };
  if (!implementation->layer.output_shapes) return out;
  out.output_shapes = [implementation, class_name](
                          const std::vector<Shape>& inputs,
                          const CustomParameters& parameters) -> Result<std::vector<Shape>> {
    const auto object = std::make_shared<LayerCallObject>();
    object->class_name = class_name;
    object->asks_for_shapes = true;
    object->parameters = listed(parameters);
    for (const Shape& shape : inputs)
      object->types[WINDFALL_LAYER_INPUTS].push_back({DType::kFloat32, shape});
    WF_CHECK(call_out(implementation->layer.output_shapes, implementation->layer.context, object));
    return all_set(object->output_shapes);
  };
  return out;
}

Result<std::shared_ptr<LayerCallObject>> call_of(const windfall_layer_call_t* call) {
  return object_of<LayerCallObject>(call, "call");
}

Status check_index(size_t index, size_t count) {
  if (index >= count) return refuse(fmt::format("index is {}, there are {}", index, count));
  return {};
}

// What the caller may change or free as soon as the call is over is copied.
Result<Tensor> kept(const std::shared_ptr<TensorObject>& object) {
  WF_TRY(Tensor tensor, dense_tensor(object));
  return object->borrowed() && object->dense ? own_copy(tensor) : Result<Tensor>(std::move(tensor));
}

struct FillParameter {
  windfall_layer_parameter_t& out;
  void operator()(bool value) const {
    out.kind = WINDFALL_PARAMETER_BOOL;
    out.whole = value ? 1 : 0;
    out.number = static_cast<double>(out.whole);
  }
  void operator()(int64_t value) const {
    out.kind = WINDFALL_PARAMETER_INT64;
    out.whole = value;
    out.number = static_cast<double>(value);
  }
  void operator()(double value) const {
    out.kind = WINDFALL_PARAMETER_DOUBLE;
    out.number = value;
  }
  void operator()(const std::string& value) const {
    out.kind = WINDFALL_PARAMETER_TEXT;
    out.number = std::nan("");
    out.text = value.c_str();
  }
};

}  // namespace
}  // namespace wf::api

using namespace wf::api;  // NOLINT(google-build-using-namespace): nothing but the C functions follows
using wf::Status;

extern "C" {

windfall_error_t* windfall_layer_register(const char* class_name, const windfall_layer_t* layer) {
  return checked([&]() -> Status {
    if (!class_name) return refuse("class_name is NULL");
    if (!layer) return refuse("layer is NULL");
    const size_t known = layer->struct_size;
    if (known < sizeof(size_t) || known > 4096) return refuse("struct_size of layer is not set");
    const auto implementation = std::make_shared<Implementation>();
    std::memcpy(&implementation->layer, layer, std::min(known, sizeof(windfall_layer_t)));
    const auto release = std::exchange(implementation->layer.release, nullptr);
    if (!implementation->layer.evaluate) return refuse("evaluate is NULL");
    WF_CHECK(wf::register_custom_layer(class_name, internal_layer(class_name, implementation)));
    implementation->layer.release = release;  // only now is its end ours to tell
    return {};
  });
}

void windfall_layer_forget(const char* class_name) {
  if (!class_name) return;
  windfall_error_free(checked([&]() -> Status {
    wf::forget_custom_layer(class_name);
    return {};
  }));
}

const char* windfall_layer_class_name(const windfall_layer_call_t* call) {
  const auto object = table<LayerCallObject>().find(call);
  return object ? object->class_name.c_str() : nullptr;
}

const char* windfall_layer_name(const windfall_layer_call_t* call) {
  const auto object = table<LayerCallObject>().find(call);
  return object ? object->layer_name.c_str() : nullptr;
}

size_t windfall_layer_count(const windfall_layer_call_t* call, int32_t which) {
  const auto object = table<LayerCallObject>().find(call);
  if (!object || which < 0 || which > WINDFALL_LAYER_PARAMETERS) return 0;
  return which == WINDFALL_LAYER_PARAMETERS ? object->parameters.size() : object->types[which].size();
}

windfall_error_t* windfall_layer_parameter(const windfall_layer_call_t* call, size_t index,
                                           windfall_layer_parameter_t* out) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, call_of(call));
    WF_CHECK(check_index(index, object->parameters.size()));
    windfall_layer_parameter_t parameter{};
    parameter.name = object->parameters[index].name.c_str();
    parameter.text = "";
    std::visit(FillParameter{parameter}, object->parameters[index].value);
    return fill(out, parameter);
  });
}

windfall_error_t* windfall_layer_value(const windfall_layer_call_t* call, int32_t which, size_t index,
                                       windfall_layer_value_t* out) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, call_of(call));
    if (which < 0 || which > 2) return refuse(fmt::format("which is {}, expected 0 to 2", which));
    WF_CHECK(check_index(index, object->types[which].size()));
    const wf::TensorType& type = object->types[which][index];
    windfall_layer_value_t value{};
    value.shape = type.shape ? type.shape->data() : nullptr;
    value.rank = type.shape ? type.shape->size() : 0;
    value.dtype = object->asks_for_shapes ? -1 : static_cast<int32_t>(type.dtype);
    value.any_shape = type.shape ? 0 : 1;
    return fill(out, value);
  });
}

windfall_error_t* windfall_layer_tensor(const windfall_layer_call_t* call, int32_t which, size_t index,
                                        windfall_tensor_t** out) {
  return checked([&]() -> Status {
    if (!out) return refuse("out is NULL");
    *out = nullptr;
    WF_TRY(const auto object, call_of(call));
    if (which != WINDFALL_LAYER_INPUTS && which != WINDFALL_LAYER_WEIGHTS)
      return refuse(fmt::format("which is {}, expected 0 (inputs) or 2 (weights)", which));
    if (object->asks_for_shapes) return refuse("only shapes are asked for: there are no values yet");
    WF_CHECK(check_index(index, object->tensors[which].size()));
    WF_TRY(auto tensor, tensor_object(object->tensors[which][index]));
    give(std::move(tensor), out);
    return {};
  });
}

windfall_error_t* windfall_layer_set_output(windfall_layer_call_t* call, size_t index,
                                            const windfall_tensor_t* value) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, call_of(call));
    WF_TRY(const auto tensor, object_of<TensorObject>(value, "value"));
    WF_CHECK(check_index(index, object->outputs.size()));
    WF_TRY(object->outputs[index], kept(tensor));
    return {};
  });
}

windfall_error_t* windfall_layer_set_output_shape(windfall_layer_call_t* call, size_t index, size_t rank,
                                                  const int64_t* shape) {
  return checked([&]() -> Status {
    WF_TRY(const auto object, call_of(call));
    if (!object->asks_for_shapes) return refuse("values are asked for: use windfall_layer_set_output");
    if (index >= kMostOutputs)
      return refuse(fmt::format("output {}: at most {} can be", index, kMostOutputs));
    if (rank > 32) return refuse(fmt::format("{} dimensions, at most 32 can be", rank));
    if (rank > 0 && !shape) return refuse("shape is NULL");
    wf::Shape sizes(shape, shape + rank);
    if (std::ranges::any_of(sizes, [](int64_t size) { return size < -1; }))
      return refuse(fmt::format("shape {} has a negative size", wf::to_string(sizes)));
    if (object->output_shapes.size() <= index) object->output_shapes.resize(index + 1);
    object->output_shapes[index] = std::move(sizes);
    return {};
  });
}

void windfall_layer_fail(windfall_layer_call_t* call, const char* message) {
  windfall_error_free(checked([&]() -> Status {
    WF_TRY(const auto object, call_of(call));
    object->failure = message ? message : "it failed";
    return {};
  }));
}

}  // extern "C"
