// SHA-256 against the examples of FIPS 180-4 and its own portable form.
#include "base/sha256.h"

#include <cstdlib>

#include "support/support.h"

namespace wf::test {
namespace {

// NIST's examples: csrc.nist.gov, "Examples with Intermediate Values".
TEST(Sha256Test, KnownAnswers) {
  EXPECT_EQ(sha256_of(as_bytes("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of(as_bytes("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_of(as_bytes(std::string(1000000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Lengths around the blocks' and the padding's ends, in one piece and in several.
TEST(Sha256Test, PiecesDoNotMatter) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
  for (size_t size = 0; size <= text.size(); ++size) {
    const std::string_view whole = std::string_view(text).substr(0, size);
    for (const size_t piece : {size_t{1}, size_t{55}, size_t{64}, size_t{100}}) {
      Sha256 sha;
      for (size_t at = 0; at < size; at += piece) sha.add(whole.substr(at, piece));
      ASSERT_EQ(sha.hex(), sha256_of(as_bytes(whole))) << size << " in pieces of " << piece;
    }
  }
}

TEST(Sha256Test, FilesAreReadWhole) {
  const auto folder = scratch_folder("sha256");
  const std::string text(3 << 20, 'x');
  WF_ASSERT_OK(write_file(folder / "file", text));
  WF_ASSERT_OK_AND_ASSIGN(const std::string digest, sha256_of_file(folder / "file"));
  EXPECT_EQ(digest, sha256_of(as_bytes(text)));
  EXPECT_FALSE(sha256_of_file(folder / "none").ok());
  EXPECT_FALSE(sha256_of_file(folder).ok());
}

}  // namespace
}  // namespace wf::test
