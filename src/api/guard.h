// The wall between C and the inside: nothing is ever thrown through it.
#pragma once

#include <cstdint>
#include <exception>
#include <new>
#include <utility>

#include "base/error.h"

namespace wf::api {

// What an exception that nobody caught says about itself; call it inside a catch block. May throw
// std::bad_alloc.
Error error_of_current_exception();

// Runs `work`, which returns a Status, and hands what went wrong to `report(const Error&)`. When there is no
// memory for that either, `out_of_memory()` answers, which must not need any.
template <class Work, class Report, class OutOfMemory>
auto guard(Work&& work, Report&& report, OutOfMemory&& out_of_memory) noexcept {
  try {
    try {
      const Status status = std::forward<Work>(work)();
      return report(status ? nullptr : &status.error());
    } catch (const std::bad_alloc&) {
      return out_of_memory();
    } catch (...) {
      const Error error = error_of_current_exception();
      return report(&error);
    }
  } catch (...) {
    return out_of_memory();
  }
}

inline constexpr char kOutOfMemoryText[] = "out of memory";

}  // namespace wf::api
