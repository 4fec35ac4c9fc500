// The lab's findings as plain Python values.
#pragma once

#include <nanobind/nanobind.h>

namespace wf::python {

void bind_laboratory(nanobind::module_& module);

}  // namespace wf::python
