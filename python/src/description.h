// A model's description as plain Python values; windfall/_description.py gives them names and types.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "formats/model_file.h"

namespace wf::python {

// Whatever can be read, also of a model that cannot run here or whose weights are missing.
ModelFile read_to_look(const std::string& path);

// `interface`: of the function that was loaded.
nanobind::dict dict_from_description(const ModelFile& file, const Interface& interface);

}  // namespace wf::python
