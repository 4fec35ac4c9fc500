#include "tensor/npz.h"

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

TEST(Npz, DamageIsAnErrorOrArrays) {
  for (const std::string_view hex : {kStored, kDeflated}) {
    for_each_damage(from_hex(hex), 2000, [](const std::string& damaged) {
      const auto arrays = parse(damaged);
      if (!arrays.ok()) {
        EXPECT_FALSE(arrays.error().message.empty());
      }
    });
  }
}

}  // namespace
}  // namespace wf::test
