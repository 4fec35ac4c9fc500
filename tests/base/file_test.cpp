#include "base/file.h"

#include <unistd.h>

#include <filesystem>

#include "support/support.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

TEST(MappedFile, HoldsTheBytesOfTheFile) {
  const fs::path folder = test::scratch_folder("mapped_file");
  WF_ASSERT_OK(write_file(folder / "a", "hello"));
  WF_ASSERT_OK_AND_ASSIGN(const auto file, MappedFile::open(folder / "a"));
  EXPECT_EQ(as_text(file->bytes()), "hello");
  WF_ASSERT_OK(write_file(folder / "empty", ""));
  WF_ASSERT_OK_AND_ASSIGN(const auto empty, MappedFile::open(folder / "empty"));
  EXPECT_TRUE(empty->bytes().empty());
}

TEST(MappedFile, TellsWhatIsWrong) {
  const fs::path folder = test::scratch_folder("mapped_file_errors");
  const auto missing = MappedFile::open(folder / "no");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().file, (folder / "no").string());
  const auto directory = MappedFile::open(folder);
  ASSERT_FALSE(directory.ok());
  EXPECT_EQ(directory.error().code, ErrorCode::kBadModel);
}

TEST(MappedFile, DoesNotWaitForAPipe) {
  const fs::path folder = test::scratch_folder("mapped_file_pipe");
  const fs::path pipe = folder / "pipe";
  ASSERT_EQ(::system(("mkfifo '" + pipe.string() + "'").c_str()), 0);
  EXPECT_FALSE(MappedFile::open(pipe).ok());
}

TEST(WriteFile, ReplacesWhatIsThereAndLeavesNothingBeside) {
  const fs::path folder = test::scratch_folder("write_file");
  WF_ASSERT_OK(write_file(folder / "a", "one"));
  WF_ASSERT_OK(write_file(folder / "a", "two"));
  WF_ASSERT_OK_AND_ASSIGN(const std::string text, read_text_file(folder / "a"));
  EXPECT_EQ(text, "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
}

TEST(PathBelow, StaysInTheFolder) {
  const fs::path folder = test::scratch_folder("path_below");
  fs::create_directories(folder / "inside");
  WF_ASSERT_OK_AND_ASSIGN(const fs::path good, path_below(folder, "inside/file"));
  EXPECT_EQ(good, fs::canonical(folder) / "inside" / "file");
  EXPECT_TRUE(path_below(folder, "inside/../other").ok());
  for (const char* bad : {"../x", "inside/../../x", ""}) {
    EXPECT_FALSE(path_below(folder, bad).ok()) << bad;
  }
}

TEST(PathBelow, DoesNotFollowALinkOut) {
  const fs::path folder = test::scratch_folder("path_below_link");
  fs::create_directory_symlink("/etc", folder / "link");
  const auto path = path_below(folder, "link/passwd");
  ASSERT_FALSE(path.ok());
  EXPECT_EQ(path.error().code, ErrorCode::kBadModel);
}

}  // namespace
}  // namespace wf
