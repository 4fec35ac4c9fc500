// The implementations of custom layers, by class name.
#include <fmt/format.h>

#include <exception>
#include <mutex>
#include <shared_mutex>

#include "ops/custom_layer.h"

namespace wf {
namespace {

struct Registry {
  std::shared_mutex mutex;
  std::map<std::string, std::shared_ptr<const CustomLayer>, std::less<>> layers;
};

Registry& registry() {
  static Registry only;
  return only;
}

// A string, or a list or vector of them.
Status read_strings(const Op& op, std::string_view attribute, std::vector<std::string>& out) {
  const Constant* constant = op.find_attribute(attribute);
  if (!constant) return {};
  const auto add = [&](const Datum& datum) {
    const Tensor* tensor = datum.tensor();
    if (!tensor || tensor->dtype() != DType::kString) return false;
    out.insert(out.end(), tensor->strings().begin(), tensor->strings().end());
    return true;
  };
  bool good = true;
  if (const List* list = constant->data.list()) {
    for (const Datum& item : list->items) good = good && add(item);
  } else {
    good = add(constant->data);
  }
  if (good) return {};
  return Error(ErrorCode::kBadModel, fmt::format("attribute '{}' does not hold strings", attribute),
               op.label());
}

}  // namespace

Status register_custom_layer(std::string class_name, CustomLayer layer) {
  WF_REQUIRE(!class_name.empty(), kInvalidArgument, "a custom layer needs a class name");
  WF_REQUIRE(layer.evaluate, kInvalidArgument,
             fmt::format("custom layer '{}' is registered without a function to evaluate it", class_name));
  // What is replaced is let go after the lock: destroying its captures may run any code.
  auto shared = std::make_shared<const CustomLayer>(std::move(layer));
  const std::unique_lock lock(registry().mutex);
  registry().layers[std::move(class_name)].swap(shared);
  return {};
}

void forget_custom_layer(std::string_view class_name) {
  std::shared_ptr<const CustomLayer> last;  // let go after the lock, as above
  const std::unique_lock lock(registry().mutex);
  const auto found = registry().layers.find(class_name);
  if (found == registry().layers.end()) return;
  last = std::move(found->second);
  registry().layers.erase(found);
}

std::shared_ptr<const CustomLayer> find_custom_layer(std::string_view class_name) {
  const std::shared_lock lock(registry().mutex);
  const auto found = registry().layers.find(class_name);
  return found == registry().layers.end() ? nullptr : found->second;
}

Result<CustomLayerAttributes> custom_layer_attributes(const Op& op) {
  CustomLayerAttributes attributes;
  std::vector<std::string> names;
  WF_CHECK(read_strings(op, "class_name", names));
  if (names.size() != 1 || names[0].empty())
    return Error(ErrorCode::kBadModel, "a custom layer without a class name", op.label());
  attributes.class_name = std::move(names[0]);
  WF_CHECK(read_strings(op, "input_order", attributes.inputs));
  WF_CHECK(read_strings(op, "parameters", attributes.parameters));
  WF_CHECK(read_strings(op, "weights", attributes.weights));
  return attributes;
}

Result<std::vector<Shape>> custom_output_shapes(const CustomLayer& layer, const std::vector<Shape>& inputs,
                                                const CustomParameters& parameters, size_t outputs) {
  Result<std::vector<Shape>> shapes = std::vector<Shape>();
  try {
    shapes = layer.output_shapes(inputs, parameters);
  } catch (const std::exception& thrown) {
    return Error(ErrorCode::kRuntime, fmt::format("its shape function threw: {}", thrown.what()));
  } catch (...) {
    return Error(ErrorCode::kRuntime, "its shape function threw");
  }
  if (!shapes) return shapes;
  if (shapes->size() != outputs) {
    return Error(ErrorCode::kRuntime,
                 fmt::format("its shape function gives {} shapes for {} outputs", shapes->size(), outputs));
  }
  for (const Shape& shape : *shapes) {
    for (const int64_t size : shape) {
      if (size >= kUnknownSize) continue;
      return Error(ErrorCode::kRuntime, fmt::format("its shape function gives a size of {}", size));
    }
  }
  return shapes;
}

Status check_custom_layers(const Function& function) {
  Status status;
  for_each_op(function.body, [&](const Op& op, int) {
    if (!status || op.type != "custom_layer") return;
    const auto attributes = custom_layer_attributes(op);
    if (!attributes) {
      status = attributes.error();
    } else if (!find_custom_layer(attributes->class_name)) {
      status = Error(ErrorCode::kUnsupported,
                     fmt::format("custom layer '{}' has no implementation here", attributes->class_name),
                     fmt::format("function '{}': {}", function.name, op.label()),
                     "its code is in the app the model was made for: register an implementation of that name "
                     "before loading the model");
    }
  });
  return status;
}

}  // namespace wf
