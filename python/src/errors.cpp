#include "errors.h"

#include <nanobind/stl/string.h>

namespace nb = nanobind;

namespace wf::python {

void raise(const Error& error) {
  Error without_hint = error;
  without_hint.hint.clear();
  const nb::object exception =
      nb::module_::import_("windfall.errors")
          .attr("from_code")(std::string(name_of(error.code)), without_hint.to_string(), error.hint);
  PyErr_SetObject(exception.type().ptr(), exception.ptr());
  throw nb::python_error();
}

}  // namespace wf::python
