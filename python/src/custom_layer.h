// Custom layers implemented by Python callables.
#pragma once

#include <nanobind/nanobind.h>

namespace wf::python {

void bind_custom_layers(nanobind::module_& module);

}  // namespace wf::python
