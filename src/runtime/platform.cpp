#include "runtime/platform.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#ifdef __APPLE__
#include <mach/mach.h>
#include <sys/sysctl.h>
#endif

namespace wf {

std::string platform_name() {
  utsname names{};
  if (::uname(&names) != 0) return "unknown";
  std::string system = names.sysname;
  std::ranges::transform(system, system.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return fmt::format("{}-{}", system, names.machine);
}

std::string os_build() {
#ifdef __APPLE__
  char text[64] = {};
  size_t size = sizeof(text) - 1;
  if (::sysctlbyname("kern.osversion", text, &size, nullptr, 0) == 0 && text[0]) return text;
#else
  utsname names{};
  if (::uname(&names) == 0 && names.release[0]) return names.release;
#endif
  return "unknown";
}

#ifdef __APPLE__
static int64_t resident_bytes() {
  mach_task_basic_info info{};
  mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
  const auto outcome =
      task_info(mach_task_self(), MACH_TASK_BASIC_INFO, reinterpret_cast<task_info_t>(&info), &count);
  return outcome == KERN_SUCCESS ? static_cast<int64_t>(info.resident_size) : 0;
}
constexpr int64_t kMaxRssUnit = 1;
#else
static int64_t resident_bytes() {
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[128] = {};  // "size resident ...", in pages
  const ssize_t length = ::read(file, text, sizeof(text) - 1);
  ::close(file);
  if (length <= 0) return 0;
  char* rest = nullptr;
  std::strtoll(text, &rest, 10);
  return std::strtoll(rest, nullptr, 10) * ::sysconf(_SC_PAGESIZE);
}
constexpr int64_t kMaxRssUnit = 1024;
#endif

ProcessMemory process_memory() {
  rusage usage{};
  const int64_t peak = ::getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * kMaxRssUnit : 0;
  // The system updates the peak lazily: the present may be ahead of it.
  const int64_t now = resident_bytes();
  return {now, std::max(now, peak)};
}

}  // namespace wf
