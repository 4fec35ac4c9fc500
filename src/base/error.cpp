#include "base/error.h"

namespace wf {

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid_argument";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kBadModel:
      return "bad_model";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kDeadlineExceeded:
      return "deadline_exceeded";
    case ErrorCode::kEnvironment:
      return "environment";
    case ErrorCode::kWeightsMissing:
      return "weights_missing";
    case ErrorCode::kRuntime:
      return "runtime";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "unknown";
}

Error&& Error::at(std::string_view outer) && {
  where = where.empty() ? std::string(outer) : std::string(outer) + ": " + where;
  return std::move(*this);
}

Error&& Error::in_file(std::string_view path) && {
  if (file.empty()) file = path;
  return std::move(*this);
}

Error&& Error::with_hint(std::string_view text) && {
  if (hint.empty()) hint = text;
  return std::move(*this);
}

std::string Error::to_string() const {
  std::string text;
  if (!file.empty()) text += file + ": ";
  if (!where.empty()) text += where + ": ";
  text += message;
  if (!hint.empty()) text += " (" + hint + ")";
  return text;
}

}  // namespace wf
