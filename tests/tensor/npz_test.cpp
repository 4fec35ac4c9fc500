#include "tensor/npz.h"

#include "base/endian.h"
#include "support/damage.h"
#include "support/hex.h"
#include "support/support.h"
#include "tensor/zip.h"

namespace wf::test {
namespace {

// np.savez(a=np.array([1, 2], 'i4'), b=np.array(2.5)) of NumPy 2.x: zip64 fields in the local headers, none
// outside.
constexpr std::string_view kStored =
    "504b03042d0000000000000021000bf9aa2dffffffffffffffff05001400612e6e70790100100088000000000000008800000000"
    "000000934e554d5059010076007b276465736372273a20273c6934272c2027666f727472616e5f6f72646572273a2046616c7365"
    "2c20277368617065273a2028322c292c207d20202020202020202020202020202020202020202020202020202020202020202020"
    "20202020202020202020202020202020202020202020202020200a0100000002000000504b03042d00000000000000210035b43a"
    "93ffffffffffffffff05001400622e6e70790100100088000000000000008800000000000000934e554d5059010076007b276465"
    "736372273a20273c6638272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028292c207d20"
    "20202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020"
    "2020202020202020200a0000000000000440504b01022d032d0000000000000021000bf9aa2d8800000088000000050000000000"
    "000000000000800100000000612e6e7079504b01022d032d00000000000000210035b43a93880000008800000005000000000000"
    "00000000008001bf000000622e6e7079504b05060000000002000200660000007e0100000000";
// np.savez_compressed(z=np.zeros(1000, 'f4'))
constexpr std::string_view kDeflated =
    "504b03042d000000080000002100a5c0944effffffffffffffff050014007a2e6e70790100100020100000000000006300000000"
    "0000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a"
    "17672416a402f91a860606063a9a3a0ab50ae4022e8651300a46c1281805a360148c8251300a46c1281805a360140c380000504b"
    "01022d032d000000080000002100a5c0944e63000000201000000500000000000000000000008001000000007a2e6e7079504b05"
    "060000000001000100330000009a0000000000";

Result<NamedTensors> parse(std::string_view file) { return parse_npz(as_bytes(file)); }
void expect_bad(std::string_view file, std::string_view words) {
  const auto result = parse(file);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kBadModel);
  EXPECT_NE(result.error().to_string().find(words), std::string::npos) << result.error().to_string();
}

TEST(Npz, ReadsWhatNumpySaves) {
  WF_ASSERT_OK_AND_ASSIGN(const NamedTensors arrays, parse(from_hex(kStored)));
  ASSERT_EQ(arrays.size(), 2u);
  EXPECT_EQ(arrays[0].first, "a");
  EXPECT_EQ(read_ints(arrays[0].second), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(arrays[1].first, "b");
  EXPECT_EQ(read_double(arrays[1].second, 0), 2.5);
}

TEST(Npz, ReadsDeflatedArrays) {
  WF_ASSERT_OK_AND_ASSIGN(const NamedTensors arrays, parse(from_hex(kDeflated)));
  ASSERT_EQ(arrays.size(), 1u);
  EXPECT_EQ(arrays[0].second.shape(), (Shape{1000}));
  EXPECT_EQ(read_doubles(arrays[0].second), std::vector<double>(1000, 0.0));
}

TEST(Npz, RoundTrip) {
  const NamedTensors written = {{"x/y", f16({2}, {1, -2})},
                                {"text", *Tensor::of_strings({1}, {"h\xc3\xa9"})}};
  WF_ASSERT_OK_AND_ASSIGN(const std::string bytes, format_npz(written));
  WF_ASSERT_OK_AND_ASSIGN(const NamedTensors back, parse(bytes));
  ASSERT_EQ(back.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(back[i].first, written[i].first);
    EXPECT_TRUE(same_bits(back[i].second, written[i].second));
  }
  WF_ASSERT_OK_AND_ASSIGN(const std::string none, format_npz({}));
  EXPECT_EQ(parse(none)->size(), 0u);
}

TEST(Npz, RefusesBrokenArchives) {
  const std::string good = from_hex(kStored);
  expect_bad("", "too short");
  expect_bad(good.substr(0, good.size() - 1), "no directory");
  std::string flipped = good;
  flipped[good.find("\n\1\0\0\0") + 1] = 9;  // the first array's first element
  expect_bad(flipped, "member 'a.npy' has a wrong checksum");
  ZipWriter archive;
  WF_ASSERT_OK(archive.add("notes.txt", "hello"));
  expect_bad(*std::move(archive).finish(), "'notes.txt' is not an .npy array");
  WF_ASSERT_OK_AND_ASSIGN(const std::string twice, format_npz({{"a", integer(1)}, {"a", integer(2)}}));
  expect_bad(twice, "two arrays named 'a'");
}

TEST(Npz, RefusesBombs) {
  std::string bomb = from_hex(kDeflated);
  const size_t directory = bomb.find("PK\1\2");
  bomb.replace(directory + 24, 4, from_hex("ffffff7f"));  // claims 2 GiB from 99 bytes
  expect_bad(bomb, "claims 2147483647 bytes from 99");
  // Two entries for the same bytes.
  ZipWriter archive;
  WF_ASSERT_OK(archive.add("a.npy", "12345678"));
  WF_ASSERT_OK(archive.add("b.npy", "12345678"));
  std::string overlapping = *std::move(archive).finish();
  const size_t second = overlapping.rfind("PK\1\2");
  overlapping.replace(second + 42, 4, std::string(4, '\0'));
  expect_bad(overlapping, "members overlap");
}

// The directory as archives of 4 GiB and more write it (APPNOTE 4.3.14, 4.3.15, 4.5.3): every size and offset
// is spelled out in 64 bits, in the entry's extra field and in a second directory record.
std::string in_zip64_form(const std::string& archive) {
  const size_t first = archive.find("PK\1\2"), end = archive.rfind("PK\5\6");
  const Bytes bytes = as_bytes(archive);
  std::string out = archive.substr(0, first);
  uint64_t entries = 0;
  for (size_t at = first; at < end; ++entries) {
    const size_t name = load_little<uint16_t>(bytes, at + 28);
    std::string entry = archive.substr(at, 46 + name);
    entry.replace(20, 8, std::string(8, '\xff'));
    entry.replace(42, 4, std::string(4, '\xff'));
    entry.replace(30, 2, std::string("\x1c\0", 2));  // an extra field of 28 bytes
    append_little<uint16_t>(entry, 1);
    append_little<uint16_t>(entry, 24);
    append_little<uint64_t>(entry, load_little<uint32_t>(bytes, at + 24));
    append_little<uint64_t>(entry, load_little<uint32_t>(bytes, at + 20));
    append_little<uint64_t>(entry, load_little<uint32_t>(bytes, at + 42));
    out += entry;
    at += 46 + name;
  }
  const uint64_t size = out.size() - first, record = out.size();
  append_little<uint32_t>(out, 0x06064b50);
  append_little<uint64_t>(out, 44);  // what follows of the record
  append_little<uint32_t>(out, 45 | 45 << 16);
  append_little<uint64_t>(out, 0);  // this disk, the directory's disk
  append_little<uint64_t>(out, entries);
  append_little<uint64_t>(out, entries);
  append_little<uint64_t>(out, size);
  append_little<uint64_t>(out, first);
  append_little<uint32_t>(out, 0x07064b50);
  append_little<uint32_t>(out, 0);
  append_little<uint64_t>(out, record);
  append_little<uint32_t>(out, 1);
  out += std::string("PK\5\6\0\0\0\0", 8) + std::string(12, '\xff') + std::string(2, '\0');
  return out;
}

TEST(Npz, ReadsZip64Directories) {
  for (const std::string_view hex : {kStored, kDeflated}) {
    const std::string plain = from_hex(hex);
    WF_ASSERT_OK_AND_ASSIGN(const NamedTensors expected, parse(plain));
    WF_ASSERT_OK_AND_ASSIGN(const NamedTensors arrays, parse(in_zip64_form(plain)));
    ASSERT_EQ(arrays.size(), expected.size());
    for (size_t i = 0; i < arrays.size(); ++i) {
      EXPECT_EQ(arrays[i].first, expected[i].first);
      EXPECT_TRUE(same_bits(arrays[i].second, expected[i].second));
    }
  }
  std::string lost = in_zip64_form(from_hex(kStored));
  lost.replace(lost.rfind("PK\6\7"), 4, "PK\6\1");
  expect_bad(lost, "the directory's place is not given");
  std::string astray = in_zip64_form(from_hex(kStored));
  astray.replace(astray.rfind("PK\6\7") + 8, 8, std::string(8, '\x7f'));
  expect_bad(astray, "no zip64 directory record");
}

TEST(Npz, DamageIsAnErrorOrArrays) {
  const std::string stored = from_hex(kStored), deflated = from_hex(kDeflated);
  for (const std::string& archive : {stored, deflated, in_zip64_form(stored)}) {
    for_each_damage(archive, 2000, [](const std::string& damaged) {
      const auto arrays = parse(damaged);
      if (!arrays.ok()) {
        EXPECT_FALSE(arrays.error().message.empty());
      }
    });
  }
}

}  // namespace
}  // namespace wf::test
