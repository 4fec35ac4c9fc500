#include "base/utf8.h"

namespace wf {

void append_utf8(std::string& out, uint32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

std::optional<std::u32string> decode_utf8(std::string_view text) {
  std::u32string out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i++]);
    const int tails = lead < 0x80         ? 0
                      : lead >> 5 == 0x6  ? 1
                      : lead >> 4 == 0xE  ? 2
                      : lead >> 3 == 0x1E ? 3
                                          : -1;
    if (tails < 0) return std::nullopt;
    uint32_t value = tails == 0 ? lead : lead & (0x3Fu >> tails);
    for (int t = 0; t < tails; ++t) {
      if (i == text.size() || (static_cast<uint8_t>(text[i]) & 0xC0) != 0x80) return std::nullopt;
      value = value << 6 | (static_cast<uint8_t>(text[i++]) & 0x3F);
    }
    constexpr uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
    if (value < kSmallest[tails] || !is_code_point(value)) return std::nullopt;
    out += static_cast<char32_t>(value);
  }
  return out;
}

std::string well_formed(std::string_view text) {
  if (decode_utf8(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (const auto one = text.substr(0, length); decode_utf8(one)) {
      out += one;
      text.remove_prefix(one.size());
      continue;
    }
    append_utf8(out, 0xFFFD);
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace wf
