#include "formats/wire/message.h"

#include <algorithm>
#include <string>

#include "support/support.h"

namespace wf {
namespace {

using namespace std::string_literals;

TEST(Message, ReadsEveryWireType) {
  // Bytes as protobuf's own documentation encodes them: field 1 = 150, field 2 = "testing".
  const std::string bytes =
      "\x08\x96\x01\x12\x07testing\x1d\x00\x00\x80\x3f\x21\x00\x00\x00\x00\x00\x00\xf0\x3f"s;
  WireErrors errors(as_bytes(bytes));
  const Message message(as_bytes(bytes), errors);
  EXPECT_EQ(message.u64(1), 150u);
  EXPECT_EQ(message.text(2), "testing");
  EXPECT_EQ(message.f32(3), 1.0f);
  EXPECT_EQ(message.f64(4), 1.0);
  EXPECT_EQ(message.u64(9, 42), 42u);
  EXPECT_FALSE(message.has(9));
  WF_ASSERT_OK(errors.status());
}

TEST(Message, LastOccurrenceWinsAndWrongWireTypesAreSkipped) {
  const std::string bytes = "\x08\x01\x08\x02\x0a\x01x"s;
  WireErrors errors(as_bytes(bytes));
  const Message message(as_bytes(bytes), errors);
  EXPECT_EQ(message.u64(1), 2u);
  EXPECT_EQ(message.text(1), "x");
}

TEST(Message, RepeatedFieldsPackedOrNot) {
  const std::string bytes = "\x0a\x03\x01\x96\x01\x08\x07"s;
  WireErrors errors(as_bytes(bytes));
  EXPECT_EQ(Message(as_bytes(bytes), errors).u64s(1), (std::vector<uint64_t>{1, 150, 7}));
}

TEST(Message, NegativeNumbersAreTenBytes) {
  const std::string bytes = "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s;
  WireErrors errors(as_bytes(bytes));
  EXPECT_EQ(Message(as_bytes(bytes), errors).i64(1), -1);
}

TEST(Message, DamageIsRememberedWithItsPlace) {
  const std::string bytes = "\x08\x01\x12\x7fshort"s;
  WireErrors errors(as_bytes(bytes));
  const Message message(as_bytes(bytes), errors);
  EXPECT_FALSE(message.has(1));
  ASSERT_FALSE(errors.ok());
  EXPECT_EQ(errors.status().error().where, "byte 2");
  EXPECT_NE(errors.status().error().message.find("claims 127 bytes, 5 are left"), std::string::npos);
}

TEST(Message, EveryTruncationIsAnError) {
  const std::string whole = "\x08\x96\x01\x12\x07testing\x1d\x00\x00\x80\x3f"s;
  const std::vector<size_t> field_ends = {0, 3, 12, 17};
  for (size_t length = 0; length < whole.size(); ++length) {
    const std::string cut = whole.substr(0, length);
    WireErrors errors(as_bytes(cut));
    const Message message(as_bytes(cut), errors);
    EXPECT_EQ(errors.ok(), std::ranges::find(field_ends, length) != field_ends.end()) << length;
  }
}

TEST(Message, NestingIsBounded) {
  std::string bytes;
  for (int i = 0; i < 200; ++i) {
    std::string outer = "\x0a";
    for (size_t length = bytes.size();; length >>= 7) {
      outer += static_cast<char>((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
      if (length <= 0x7f) break;
    }
    bytes = outer + bytes;
  }
  WireErrors errors(as_bytes(bytes));
  Message message(as_bytes(bytes), errors);
  for (int i = 0; i < 200; ++i) message = message.message(1);
  EXPECT_FALSE(errors.ok());
}

TEST(Utf8, RefusesWhatIsNotText) {
  EXPECT_TRUE(is_valid_utf8("gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2 \xf0\x9f\x98\x80"));
  for (const char* bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe6\xbc", "\x80"}) {
    EXPECT_FALSE(is_valid_utf8(bad));
  }
}

}  // namespace
}  // namespace wf
