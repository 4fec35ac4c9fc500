// The machine as prepared models name it.
#pragma once

#include <string>

namespace wf {

std::string platform_name();  // "linux-x86_64"

}  // namespace wf
