// The classes Model and State of the module.
#pragma once

#include <nanobind/nanobind.h>

namespace wf::python {

void bind_model(nanobind::module_& module);

}  // namespace wf::python
