// windfall._core: the compiled part of the Python package. The package's own files give it its face.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "description.h"
#include "errors.h"
#include "model.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

// What a model file holds, also if it cannot run here or its weights are missing.
nb::dict describe(const std::string& path) {
  const wf::ModelFile file = wf::python::take([&] {
    const nb::gil_scoped_release no_gil;
    return wf::read_model_file(path, {.allow_missing_weights = true});
  }());
  const wf::Interface* interface = file.description.find("");
  return wf::python::dict_from_description(file, interface ? *interface : file.description.interface);
}

}  // namespace

NB_MODULE(_core, module) {
  wf::python::bind_model(module);
  module.def("describe", &describe, "path"_a);
}
