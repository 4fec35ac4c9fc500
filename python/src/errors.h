// Errors of the library as Python exceptions (windfall/errors.py has the classes).
#pragma once

#include <nanobind/nanobind.h>

#include <utility>

#include "base/error.h"

namespace wf::python {

// Raises the exception class that stands for error.code. The GIL must be held.
[[noreturn]] void raise(const Error& error);

template <class T>
T take(Result<T> result) {
  if (!result) raise(result.error());
  return *std::move(result);
}
inline void take(const Status& status) {
  if (!status) raise(status.error());
}

}  // namespace wf::python
