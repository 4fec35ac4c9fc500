#include "base/folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/support.h"

namespace wf::test {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::vector<std::string> names(const Result<std::vector<FolderEntry>>& entries) {
  std::vector<std::string> out;
  if (!entries) return {entries.error().to_string()};
  for (const FolderEntry& entry : *entries)
    out.push_back(entry.name + (entry.is_folder ? "/" : ":" + std::to_string(entry.bytes)));
  return out;
}

TEST(Folder, ListsInOrderAndFollowsLinks) {
  const fs::path root = scratch_folder("folder_lists");
  write(root / "b" / "two.bin", "12");
  write(root / "a", "1");
  write(root / "z", "");
  fs::create_symlink(root / "b", root / "c");
  fs::create_symlink(root / "nothing", root / "d");
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(list_folder(root)), (Names{"a:1", "b/", "c/", "z:0"}));
  EXPECT_EQ(names(list_tree(root)), (Names{"a:1", "b/", "b/two.bin:2", "c/", "c/two.bin:2", "z:0"}));
}

TEST(Folder, RefusesWhatCannotBeListed) {
  const fs::path root = scratch_folder("folder_refuses");
  write(root / "file", "1");
  EXPECT_EQ(list_folder(root / "file").error().code, ErrorCode::kEnvironment);
  EXPECT_EQ(list_tree(root / "no such").error().code, ErrorCode::kEnvironment);
  fs::create_symlink(root, root / "itself");  // without end
  EXPECT_EQ(list_tree(root).error().code, ErrorCode::kEnvironment);
}

TEST(Folder, RemovesLinksWithoutFollowingThem) {
  const fs::path root = scratch_folder("folder_removes");
  write(root / "kept" / "file", "1");
  write(root / "gone" / "deep" / "file", "1");
  fs::create_symlink(root / "kept", root / "gone" / "link");
  EXPECT_TRUE(remove_tree(root / "gone"));
  EXPECT_FALSE(fs::exists(root / "gone"));
  EXPECT_TRUE(fs::exists(root / "kept" / "file"));
  EXPECT_TRUE(remove_tree(root / "gone"));  // not there: nothing is left
  EXPECT_TRUE(remove_tree(root / "kept" / "file"));
  EXPECT_TRUE(fs::exists(root / "kept"));
}

}  // namespace
}  // namespace wf::test
