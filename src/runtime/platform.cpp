#include "runtime/platform.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>

namespace wf {

std::string platform_name() {
  utsname names{};
  if (::uname(&names) != 0) return "unknown";
  std::string system = names.sysname;
  std::ranges::transform(system, system.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return fmt::format("{}-{}", system, names.machine);
}

}  // namespace wf
