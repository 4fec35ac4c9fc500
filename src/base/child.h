// Another program run to its end, whatever that end is.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace wf {

struct ChildEnd {
  enum class How : uint8_t {
    kExited,
    kSignalled,
    kKilled,  // by us, at the deadline
    kUnknown  // somebody else in this process took the news (a wait() of its own, SIGCHLD ignored)
  };
  How how = How::kUnknown;
  int number = 0;      // exit code, or signal
  std::string output;  // the last 64 KiB of standard output and error, as they came
};

// Starts the program with nothing on standard input, this process's environment, and signals as by default;
// waits for it no longer than the deadline, and ends it, and all of its process group, then. kEnvironment: it
// cannot be started.
Result<ChildEnd> run_child(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                           std::chrono::milliseconds deadline);

}  // namespace wf
