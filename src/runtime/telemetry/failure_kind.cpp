#include "runtime/telemetry/failure_kind.h"

#include <array>

namespace wf {

std::string_view name_of(Operation operation) {
  static constexpr std::array<std::string_view, kOperations> kNames = {"compile", "load", "predict"};
  return kNames[static_cast<size_t>(operation)];
}

std::string_view name_of(FailureKind kind) {
  static constexpr std::array<std::string_view, kFailureKinds> kNames = {
      "CompileError", "LoadError", "SchemaMismatch", "Timeout", "MemoryPressure", "RuntimeError", "Fallback"};
  return kNames[static_cast<size_t>(kind)];
}

FailureKind failure_kind(Operation operation, ErrorCode code) {
  if (code == ErrorCode::kDeadlineExceeded) return FailureKind::kTimeout;
  if (operation == Operation::kCompile) return FailureKind::kCompileError;
  if (operation == Operation::kLoad) return FailureKind::kLoadError;
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
      return FailureKind::kSchemaMismatch;
    case ErrorCode::kEnvironment:
      return FailureKind::kMemoryPressure;
    default:
      return FailureKind::kRuntimeError;
  }
}

}  // namespace wf
