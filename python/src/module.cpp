// windfall._core: the compiled part of the Python package. The package's own files give it its face.
#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "custom_layer.h"
#include "description.h"
#include "errors.h"
#include "laboratory.h"
#include "model.h"
#include "program/text.h"
#include "structure.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

nb::dict describe(const std::string& path, const std::string& function) {
  const wf::ModelFile file = wf::python::read_to_look(path);
  const wf::Interface* interface = file.description.find(function);
  if (!interface && !function.empty())
    wf::python::raise({wf::ErrorCode::kNotFound, fmt::format("{}: no function '{}'", path, function)});
  return wf::python::dict_from_description(file, interface ? *interface : file.description.interface);
}

nb::dict structure(const std::string& path) {
  return wf::python::dict_from_structure(wf::python::read_to_look(path));
}

// The program as text, as a compiled model holds it; "" for a model that is no ML program.
std::string program_text(const std::string& path) {
  const wf::ModelFile file = wf::python::read_to_look(path);
  if (file.type != "mlProgram" || !file.program) return "";
  // Spelt as in compiled models of the same specification version.
  return wf::print_text(*file.program, {file.specification_version >= 9 ? "1.3" : "1.0"});
}

}  // namespace

NB_MODULE(_core, module) {
  wf::python::bind_model(module);
  wf::python::bind_laboratory(module);
  wf::python::bind_custom_layers(module);
  module.def("describe", &describe, "path"_a, "function"_a);
  module.def("structure", &structure, "path"_a);
  module.def("program_text", &program_text, "path"_a);
}
