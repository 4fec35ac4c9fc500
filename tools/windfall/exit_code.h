// Exit codes: a promise to scripts. They appear in --help and in the documentation.
#pragma once

#include "base/error.h"

namespace wf::tool {

enum ExitCode : int {
  kOk = 0,
  kFinding = 1,      // the answer is no: over budget, golden not met, models failed
  kUsage = 2,        // the command or its inputs do not make sense
  kBadModel = 3,     // the model file is damaged, or its weights are missing
  kUnsupported = 4,  // an operation or model type Windfall cannot run
  kDeadline = 5,
  kEnvironment = 6,    // this machine: disk, permission, memory
  kRegression = 7,     // all is right, but slower than it was
  kInterrupted = 130,  // Ctrl-C
};

inline constexpr const char* kExitCodeHelp =
    "Exit codes: 0 ok, 1 a finding (over budget, golden not met), 2 usage, 3 bad model or missing weights,\n"
    "4 unsupported operation or model type, 5 deadline passed, 6 environment (disk, memory),\n"
    "7 right but slower than before (matrix), 130 Ctrl-C.\n";

inline ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
      return kUsage;
    case ErrorCode::kBadModel:
    case ErrorCode::kWeightsMissing:
    case ErrorCode::kRuntime:
      return kBadModel;  // the program is not defined on the values it came to
    case ErrorCode::kUnsupported:
      return kUnsupported;
    case ErrorCode::kDeadlineExceeded:
      return kDeadline;
    case ErrorCode::kEnvironment:
    case ErrorCode::kInternal:
      return kEnvironment;
  }
  return kEnvironment;
}

}  // namespace wf::tool
