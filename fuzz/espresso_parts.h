// A compiled network's three files as one input: joined by a zero byte between net, shape and weights.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace wf::fuzz {

using EspressoParts = std::array<std::string, 3>;  // model.espresso.net, .shape, .weights

inline std::string join_espresso(const EspressoParts& parts) {
  if (parts[0].empty()) return {};
  return parts[0] + '\0' + parts[1] + '\0' + parts[2];
}

inline EspressoParts split_espresso(std::string_view joined) {
  EspressoParts parts;
  for (size_t i = 0; i < parts.size(); ++i) {
    const size_t end = i + 1 < parts.size() ? joined.find('\0') : std::string_view::npos;
    parts[i] = joined.substr(0, end);
    joined.remove_prefix(end == std::string_view::npos ? joined.size() : end + 1);
  }
  return parts;
}

}  // namespace wf::fuzz
