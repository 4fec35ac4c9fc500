#include "interrupt.h"

#include <nanobind/nanobind.h>

namespace nb = nanobind;

namespace wf::python {
namespace {

// Seldom enough to cost nothing (the GIL must be had), often enough for a person at the keyboard.
constexpr std::chrono::milliseconds kBetweenLooks{50};

}  // namespace

void Interrupt::watch(InferOptions& options) {
  options.cancelled = &raised_;
  options.observer = [this](const Op&, std::string_view, const Datum&) { look(); };
}

void Interrupt::look() {
  const auto now = std::chrono::steady_clock::now();
  if (raised_ || now < next_look_) return;
  next_look_ = now + kBetweenLooks;
  const nb::gil_scoped_acquire gil;
  // Does something on Python's main thread alone. The exception waits in this thread's state for rethrow().
  if (PyErr_CheckSignals() != 0) raised_ = true;
}

void Interrupt::rethrow() const {
  if (raised_) throw nb::python_error();
}

}  // namespace wf::python
