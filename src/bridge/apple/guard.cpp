#include "bridge/apple/guard.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

namespace wf::bridge {
namespace {

int code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      return WFA_INVALID;
    case ErrorCode::kNotFound:
      return WFA_NOT_FOUND;
    case ErrorCode::kUnsupported:
      return WFA_UNSUPPORTED;
    case ErrorCode::kEnvironment:
      return WFA_ENVIRONMENT;
    case ErrorCode::kInternal:
      return WFA_INTERNAL;
    default:
      return WFA_ERROR;
  }
}

}  // namespace

char* copy_text(std::string_view text) {
  char* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (!copy) return nullptr;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = 0;
  return copy;
}

int fail(wfa_failure* failure, int code, std::string_view text, std::string_view hint) {
  if (!failure) return code;
  wfa_clear_failure(failure);
  failure->code = code;
  failure->text = copy_text(text);
  failure->hint = hint.empty() ? nullptr : copy_text(hint);
  return code;
}

int fail(wfa_failure* failure, const Error& error) {
  Error plain = error;
  plain.hint.clear();
  return fail(failure, code_of(error), plain.to_string(), error.hint);
}

int catching_cpp(wfa_failure* failure, const std::function<int()>& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return fail(failure, WFA_ENVIRONMENT, "out of memory");
  } catch (const std::exception& fault) {
    return fail(failure, WFA_INTERNAL, fault.what());
  } catch (...) {  // an Objective-C object that is no NSException arrives here as well
    return fail(failure, WFA_INTERNAL, "an exception of an unknown kind");
  }
}

void Lease::end() {
  if (auto* release = release_.exchange(nullptr)) release(context_);
}

}  // namespace wf::bridge

extern "C" {

void wfa_clear_failure(wfa_failure* failure) {
  if (!failure) return;
  std::free(failure->text);
  std::free(failure->hint);
  *failure = {};
}

void wfa_free_text(char* text) { std::free(text); }

void wfa_default_load_options(wfa_load_options* options) { *options = {0, nullptr, -1, -1, 0}; }

}  // extern "C"
