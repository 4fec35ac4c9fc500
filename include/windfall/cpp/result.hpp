// Errors as values. Part of windfall/windfall.hpp.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "windfall/windfall.h"

namespace windfall {

enum class ErrorCode : int {
  kInvalidArgument = WINDFALL_INVALID_ARGUMENT,    // the input does not fit the model or the call
  kNotFound = WINDFALL_NOT_FOUND,                  // no such file, function, feature
  kBadModel = WINDFALL_BAD_MODEL,                  // a file is damaged or breaks its format's rules
  kUnsupported = WINDFALL_UNSUPPORTED,             // cannot run here: the message names what and why
  kDeadlineExceeded = WINDFALL_DEADLINE_EXCEEDED,  // stopped: its time was over, or it was cancelled
  kEnvironment = WINDFALL_ENVIRONMENT,             // disk, permission, memory of this machine; overload
  kWeightsMissing = WINDFALL_WEIGHTS_MISSING,      // the program is there, its weight file is not
  kRuntime = WINDFALL_RUNTIME,                     // an operation met values it is not defined on
  kInternal = WINDFALL_INTERNAL,                   // a fault of Windfall's
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // which file, where in it, what was found, what was expected
  std::string hint;     // what to do; may be empty
};

// Either a value or an Error. Look before you take: * and -> of a failed Result are undefined.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

// Of what gives nothing back.
using Status = Result<std::monostate>;

namespace detail {

// A handle of windfall.h that frees itself.
template <class T, void (*free)(T*)>
struct Freed {
  void operator()(T* handle) const noexcept { free(handle); }
};
template <class T, void (*free)(T*)>
using Handle = std::unique_ptr<T, Freed<T, free>>;
using ErrorHandle = Handle<windfall_error_t, windfall_error_free>;

inline Error taken(windfall_error_t* error) {
  const ErrorHandle handle(error);
  return {static_cast<ErrorCode>(windfall_error_code(error)), windfall_error_message(error),
          windfall_error_hint(error)};
}
inline Status status_of(windfall_error_t* error) {
  if (error) return taken(error);
  return std::monostate();
}
// Short enough to need no memory.
inline Error out_of_memory() { return {ErrorCode::kEnvironment, "out of memory", {}}; }
inline Error refused(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message), {}}; }

// Calls a function of windfall.h that gives a handle by its last argument.
template <class H, class Call>
Result<H> make(Call&& call) {
  typename H::pointer raw = nullptr;
  windfall_error_t* error = std::forward<Call>(call)(&raw);
  H handle(raw);
  if (error) return taken(error);
  return handle;
}

}  // namespace detail
}  // namespace windfall
