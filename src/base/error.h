// Errors are values: a stable code, what happened, where, and what to do about it.
#pragma once

#include <cassert>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace wf {

// The numbers are stable; the command line's exit codes are derived from them (tools/windfall/exit_code.h).
enum class ErrorCode : int {
  kInvalidArgument = 1,   // the caller's input does not fit the model or the call
  kNotFound = 2,          // no such file, function, feature
  kBadModel = 3,          // a file (model, tensors, image) is damaged or breaks its format's rules
  kUnsupported = 4,       // understood, but Windfall cannot run it: named precisely
  kDeadlineExceeded = 5,  // stopped because its time was over
  kEnvironment = 6,       // disk, permission, memory of this machine
  kWeightsMissing = 7,    // the program is there, its weight file is not
  kRuntime = 8,           // an operation met values it is not defined on
  kInternal = 9,          // a fault of ours
};

std::string_view name_of(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // what was found and what was expected
  std::string file;     // which file, if any
  std::string where;    // which operation, message field or byte offset, if any
  std::string hint;     // what to do, if we know

  Error() = default;
  Error(ErrorCode code_in, std::string message_in, std::string where_in = {}, std::string hint_in = {})
      : code(code_in), message(std::move(message_in)), where(std::move(where_in)), hint(std::move(hint_in)) {}

  // Adds the place as the error passes outward: outermost first, "function main: conv 'x': ...".
  Error&& at(std::string_view outer) &&;
  Error&& in_file(std::string_view path) &&;
  Error&& with_hint(std::string_view text) &&;

  // "model.mlpackage: function main: conv 'x': stride is 0, expected at least 1 (hint)"
  std::string to_string() const;
};

// Either a T or an Error. [[nodiscard]]: an error that nobody looks at is a bug.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)
  template <class U>
    requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> && !std::is_same_v<std::remove_cvref_t<U>, T>)
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& operator*() & { return checked_value(); }
  const T& operator*() const& { return const_cast<Result*>(this)->checked_value(); }
  T&& operator*() && { return std::move(checked_value()); }
  T* operator->() { return &checked_value(); }
  const T* operator->() const { return &const_cast<Result*>(this)->checked_value(); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  T& checked_value() {
    assert(ok() && "value of a failed Result");
    return std::get<0>(state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace wf

#define WF_CONCAT_INNER(a, b) a##b
#define WF_CONCAT(a, b) WF_CONCAT_INNER(a, b)

// WF_TRY(auto x, fallible()): x is the value, or the enclosing function returns the error.
#define WF_TRY(declaration, expression) WF_TRY_NAMED(WF_CONCAT(wf_result_, __LINE__), declaration, expression)
#define WF_TRY_NAMED(name, declaration, expression) \
  auto name = (expression);                         \
  if (!name) return std::move(name).error();        \
  declaration = *std::move(name)

// WF_CHECK(fallible()): the enclosing function returns the error, if any.
#define WF_CHECK(expression)                                                            \
  do {                                                                                  \
    if (auto wf_status = (expression); !wf_status) return std::move(wf_status).error(); \
  } while (false)

// WF_REQUIRE(condition, code, message): the enclosing function returns the error unless the condition holds.
#define WF_REQUIRE(condition, code, ...)                                      \
  do {                                                                        \
    if (!(condition)) return ::wf::Error(::wf::ErrorCode::code, __VA_ARGS__); \
  } while (false)
