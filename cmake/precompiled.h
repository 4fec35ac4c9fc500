// What nearly every source file includes anyway, compiled once (see CMakeLists.txt). Files still include what
// they use: builds with a compiler cache go without this header.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>
