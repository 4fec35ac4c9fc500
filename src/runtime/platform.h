// The machine as prepared models name it.
#pragma once

#include <cstdint>
#include <string>

namespace wf {

std::string platform_name();  // "linux-x86_64"
std::string os_build();       // "23A344", "6.1.0-18-amd64"; "unknown" where the system does not tell

// Physical memory of this process, mapped files included: now, and the most it ever was. 0 where the system
// does not tell.
struct ProcessMemory {
  int64_t resident_bytes = 0, peak_resident_bytes = 0;
};
ProcessMemory process_memory();

}  // namespace wf
