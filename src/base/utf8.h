// UTF-8 to and from code points.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wf {

inline constexpr bool is_code_point(uint32_t value) {
  return value < 0xD800 || (value > 0xDFFF && value <= 0x10FFFF);
}

void append_utf8(std::string& out, uint32_t code_point);

// The code points of the text, or nothing if it is not well-formed UTF-8 (overlong forms and surrogates are
// not).
std::optional<std::u32string> decode_utf8(std::string_view text);

// The text with U+FFFD for every byte that belongs to no well-formed sequence.
std::string well_formed(std::string_view text);

}  // namespace wf
