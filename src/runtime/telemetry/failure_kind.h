// What goes wrong, in the seven words that operators count.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace wf {

enum class Operation : uint8_t { kCompile, kLoad, kPredict };
inline constexpr int kOperations = 3;
std::string_view name_of(Operation operation);  // "compile", "load", "predict"

enum class FailureKind : uint8_t {
  kCompileError,    // a compilation failed
  kLoadError,       // a load failed
  kSchemaMismatch,  // a prediction's inputs or state do not fit what the model declares
  kTimeout,         // its time was over, or the caller cancelled
  kMemoryPressure,  // a prediction found no memory
  kRuntimeError,    // a prediction failed otherwise
  kFallback,        // an engine failed and another one answered: the caller saw no error
};
inline constexpr int kFailureKinds = 7;
std::string_view name_of(FailureKind kind);  // "CompileError", ...

// kDeadlineExceeded is a Timeout everywhere. Anything else that stops a compilation or a load is that
// operation's error, whatever its code. Of a prediction's errors kInvalidArgument and kNotFound are the
// schema's, kEnvironment is memory's (a prediction needs nothing else of the machine), the rest RuntimeError.
FailureKind failure_kind(Operation operation, ErrorCode code);

}  // namespace wf
