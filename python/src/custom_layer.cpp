#include "custom_layer.h"

#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.h"
#include "errors.h"
#include "ops/custom_layer.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace wf::python {
namespace {

// The registry outlives the interpreter, and any thread may drop the last holder.
std::shared_ptr<const nb::object> hold(nb::object callable) {
  return {new nb::object(std::move(callable)), [](const nb::object* held) {
            if (!nb::is_alive()) return;
            const nb::gil_scoped_acquire gil;
            delete held;
          }};
}

// Runs `call` with the GIL; what it raises becomes an error that says the exception's class and words.
template <class Answer>
Answer answer_of(const std::function<Answer()>& call) {
  const nb::gil_scoped_acquire gil;
  try {
    return call();
  } catch (const nb::python_error& raised) {
    return Error(ErrorCode::kRuntime, fmt::format("{}: {}", nb::inst_name(raised.value()).c_str(),
                                                  nb::str(raised.value()).c_str()));
  } catch (const nb::cast_error&) {
    return Error(ErrorCode::kRuntime, "the answer is not of the kind that was asked for");
  }
}

nb::dict parameters_object(const CustomParameters& parameters) {
  nb::dict out;
  for (const auto& [name, parameter] : parameters) {
    out[nb::str(name.c_str(), name.size())] =
        std::visit([](const auto& v) { return nb::cast(v); }, parameter);
  }
  return out;
}

nb::list arrays_object(const std::vector<Tensor>& tensors) {
  nb::list out;
  for (const Tensor& tensor : tensors) out.append(array_from_tensor(tensor));
  return out;
}

// (dtype as the format spells it, sizes or None)
nb::list types_object(const std::vector<TensorType>& types) {
  nb::list out;
  for (const TensorType& type : types) {
    const nb::object shape = type.shape ? nb::cast(*type.shape) : nb::none();
    out.append(nb::make_tuple(std::string(name_of(type.dtype)), shape));
  }
  return out;
}

Result<std::vector<Tensor>> tensors_from(nb::handle answer) {
  std::vector<Tensor> out;
  for (const nb::handle item : answer) {
    WF_TRY(std::optional<Tensor> tensor, tensor_from_array(item));
    WF_REQUIRE(tensor, kRuntime, fmt::format("output {} is no array", out.size()));
    out.push_back(*std::move(tensor));
  }
  return out;
}

void register_layer(const std::string& class_name, nb::object evaluate, nb::object output_shapes) {
  CustomLayer layer;
  layer.evaluate = [call = hold(std::move(evaluate))](const CustomLayerCall& given) {
    return answer_of<Result<std::vector<Tensor>>>([&] {
      return tensors_from((*call)(given.class_name, given.layer_name, parameters_object(given.parameters),
                                  arrays_object(given.inputs), arrays_object(given.weights),
                                  types_object(given.outputs)));
    });
  };
  if (!output_shapes.is_none()) {
    layer.output_shapes = [call = hold(std::move(output_shapes))](const std::vector<Shape>& inputs,
                                                                  const CustomParameters& parameters) {
      return answer_of<Result<std::vector<Shape>>>(
          [&] { return nb::cast<std::vector<Shape>>((*call)(inputs, parameters_object(parameters))); });
    };
  }
  take(register_custom_layer(class_name, std::move(layer)));
}

void forget_layer(const std::string& class_name) { forget_custom_layer(class_name); }

}  // namespace

void bind_custom_layers(nb::module_& module) {
  module.def("register_custom_layer", &register_layer, "class_name"_a, "evaluate"_a,
             "output_shapes"_a.none());
  module.def("forget_custom_layer", &forget_layer, "class_name"_a);
}

}  // namespace wf::python
