#include "formats/wire/writer.h"

#include <gtest/gtest.h>

#include <array>

namespace wf {
namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    if (!text.empty()) text += ' ';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// The examples of the encoding's public documentation.
TEST(WireWriter, WritesTheDocumentedExamples) {
  WireWriter number;
  number.put_int(1, 150);
  EXPECT_EQ(hex(number.text()), "08 96 01");
  WireWriter text;
  text.put_text(2, "testing");
  EXPECT_EQ(hex(text.text()), "12 07 74 65 73 74 69 6e 67");
  WireWriter nested;
  nested.add_message(3, [&] { nested.put_int(1, 150); });
  EXPECT_EQ(hex(nested.text()), "1a 03 08 96 01");
  WireWriter packed;
  packed.put_packed(6, std::array<int64_t, 3>{3, 270, 86942});
  EXPECT_EQ(hex(packed.text()), "32 06 03 8e 02 9e a7 05");
  WireWriter negative;
  negative.put_int(1, -2);
  EXPECT_EQ(hex(negative.text()), "08 fe ff ff ff ff ff ff ff ff 01");
}

TEST(WireWriter, FixedNumbersAreLittleEndian) {
  WireWriter out;
  out.add_float(1, 1.0f);
  out.add_double(2, -2.0);
  EXPECT_EQ(hex(out.text()), "0d 00 00 80 3f 11 00 00 00 00 00 00 00 c0");
}

TEST(WireWriter, LeavesOutDefaultsButKeepsPresence) {
  WireWriter out;
  out.put_int(1, 0);
  out.put_text(2, "");
  out.put_flag(3, false);
  out.put_packed(4, {});
  EXPECT_EQ(out.size(), 0u);
  out.add_message(5, [] {});
  EXPECT_EQ(hex(out.text()), "2a 00");
}

TEST(WireWriter, LengthsAboveOneByteAreInsertedBeforeTheContent) {
  WireWriter out;
  out.add_message(1, [&] { out.add_message(2, [&] { out.put_text(3, std::string(200, 'x')); }); });
  ASSERT_EQ(out.size(), 209u);
  EXPECT_EQ(hex(out.text().substr(0, 10)), "0a ce 01 12 cb 01 1a c8 01 78");
}

}  // namespace
}  // namespace wf
