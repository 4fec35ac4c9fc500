#include "model.h"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <mutex>

#include "arrays.h"
#include "deadline.h"
#include "description.h"
#include "errors.h"
#include "interrupt.h"
#include "values.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace wf::python {
namespace {

// Python's threads may share a state: predictions with it then wait for each other. Always taken without the
// GIL, which whoever holds it may need.
struct PyState {
  ModelState state;
  std::mutex in_use;

  StateCell& cell(const std::string& name) {
    for (auto& [each, cell] : state.cells) {
      if (each == name) return *cell;
    }
    raise({ErrorCode::kNotFound,
           fmt::format("no state '{}'", name),
           {},
           fmt::format("the states are: {}", fmt::join(names(), ", "))});
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& [name, cell] : state.cells) out.push_back(name);
    return out;
  }
  nb::object read(const std::string& name) {
    StateCell& at = cell(name);
    return array_from_tensor([&] {
      const nb::gil_scoped_release no_gil;
      const std::lock_guard lock(in_use);
      return at.tensor;
    }());
  }
  void write(const std::string& name, nb::handle value) {
    StateCell& at = cell(name);
    const auto given = take(tensor_from_array(value));
    if (!given) raise({ErrorCode::kInvalidArgument, fmt::format("state '{}' takes an array", name)});
    const auto status = [&]() -> Status {
      const nb::gil_scoped_release no_gil;
      const std::lock_guard lock(in_use);
      WF_REQUIRE(given->shape() == at.tensor.shape(), kInvalidArgument,
                 fmt::format("state '{}' has shape {}, the array {}", name, to_string(at.tensor.shape()),
                             to_string(given->shape())));
      WF_TRY(Tensor fitting, converted(*given, at.tensor.dtype()));
      WF_TRY(at.tensor, owned_copy(fitting));
      return {};
    }();
    take(status);
  }
};

class PyModel {
 public:
  PyModel(const std::string& path, const std::string& engine, const std::string& function)
      : model_(take([&] {
          const nb::gil_scoped_release no_gil;
          LoadOptions options;
          options.engine = engine;
          options.prepare.function = function;
          return Model::load(path, options);
        }())) {}

  nb::dict describe() const { return dict_from_description(model_.file(), model_.interface()); }

  std::unique_ptr<PyState> new_state() const {
    auto state = std::make_unique<PyState>();
    state->state = take(model_.new_state());
    return state;
  }

  nb::dict predict(const nb::dict& inputs, PyState* state, std::optional<double> timeout,
                   uint64_t seed) const {
    InferOptions options;
    options.seed = seed;
    if (timeout) options.deadline = deadline_after(*timeout);
    Interrupt interrupt;
    interrupt.watch(options);
    const Features given = features_from_dict(inputs);
    auto outputs = [&]() -> Result<Features> {
      const nb::gil_scoped_release no_gil;
      if (!state) return model_.predict(given, nullptr, options);
      const std::lock_guard lock(state->in_use);
      auto result = model_.predict(given, &state->state, options);
      WF_CHECK(own_states(state->state, given));
      return result;
    }();
    interrupt.rethrow();
    return dict_from_features(take(std::move(outputs)), model_.interface());
  }

 private:
  Model model_;
};

}  // namespace

void bind_model(nb::module_& module) {
  nb::class_<PyState>(module, "State")
      .def("names", &PyState::names)
      .def("read", &PyState::read, "name"_a)
      .def("write", &PyState::write, "name"_a, "value"_a);
  nb::class_<PyModel>(module, "Model")
      .def(nb::init<const std::string&, const std::string&, const std::string&>(), "path"_a, "engine"_a,
           "function"_a)
      .def("describe", &PyModel::describe)
      .def("new_state", &PyModel::new_state)
      .def("predict", &PyModel::predict, "inputs"_a, "state"_a.none(), "timeout"_a.none(), "seed"_a);
}

}  // namespace wf::python
