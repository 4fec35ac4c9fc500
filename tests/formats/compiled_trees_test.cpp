#include "formats/mlmodelc/compiled_trees.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/endian.h"
#include "support/damage.h"
#include "support/support.h"

namespace wf::test {
namespace {

// Two trees: feature 3 <= 1.5 ? (feature 0 <= 2.5 ? 10 : 11) : 12, and feature 1 > 0.5 ? 20 : 21.
std::string two_trees() {
  std::string branches;
  const auto branch = [&](unsigned head, double value) {
    append_little<uint16_t>(branches, static_cast<uint16_t>(head));
    append_little(branches, value);
  };
  branch(3 | 2 << 4 | 2 << 10, 1.5);
  branch(0 | 3 << 4 | 0 << 10, 2.5);
  branch(1 | 3 << 4 | 3 << 6 | 0 << 10, 0.5);
  std::string file(0x24, '\0');
  file += std::string("\x0a\x00\x04\x04\x06\x00\x08\x00", 8);
  file.resize(0x40);
  append_little<uint64_t>(file, branches.size() + 10);
  file += branches + std::string(10, '\0');
  append_little<uint64_t>(file, 0);
  append_little<uint64_t>(file, 2);
  file.resize(file.size() + 64);
  append_little<uint64_t>(file, 5);
  for (const double leaf : {10.0, 11.0, 12.0, 20.0, 21.0}) append_little(file, leaf);
  for (const uint32_t part : {0, 1, 0, 0, 0, 0, 2}) append_little<uint32_t>(file, part);
  return file;
}

TEST(CompiledTrees, BranchesAndLeavesAreFound) {
  const std::string file = two_trees();
  const auto params = read_compiled_trees(as_bytes(file));
  ASSERT_TRUE(params);
  EXPECT_EQ(params->transform, TreeTransform::kLogistic);
  ASSERT_EQ(params->nodes.size(), 8u);
  const auto node = [&](uint64_t tree, uint64_t id) {
    return *std::ranges::find_if(params->nodes,
                                 [&](const TreeNode& n) { return n.tree == tree && n.node == id; });
  };
  const TreeNode root = node(0, 0);
  EXPECT_EQ(root.feature, 3u);
  EXPECT_EQ(root.value, 1.5);
  EXPECT_EQ(node(0, root.false_child).leaf[0].second, 12);
  EXPECT_EQ(node(0, node(0, root.true_child).false_child).leaf[0].second, 11);
  const TreeNode second = node(1, 2);
  EXPECT_EQ(second.kind, TreeNodeKind::kGreater);
  EXPECT_EQ(node(1, second.true_child).leaf[0].second, 20);
}

TEST(CompiledTrees, AnythingElseIsNotGuessed) {
  const std::string good = two_trees();
  for (const size_t place : {size_t{0x24}, size_t{0x48}, size_t{0x49}, good.size() - 4, good.size() - 24}) {
    std::string other = good;
    other[place] = static_cast<char>(other[place] ^ 0x41);
    EXPECT_FALSE(read_compiled_trees(as_bytes(other))) << place;
  }
  for_each_damage(good, 2000,
                  [](const std::string& damaged) { (void)read_compiled_trees(as_bytes(damaged)); });
}

}  // namespace
}  // namespace wf::test
