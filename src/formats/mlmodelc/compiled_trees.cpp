#include "formats/mlmodelc/compiled_trees.h"

#include <algorithm>
#include <array>

#include "base/checked_math.h"
#include "base/endian.h"

namespace wf {
namespace {

constexpr size_t kLayoutAt = 0x24, kBranchBytesAt = 0x40, kBranchesAt = 0x48;
constexpr size_t kBranchSize = 10, kTreeCount = 8, kLeafCount = 0x50,
                 kLeaves = 0x58;  // the last three after the branches
constexpr std::string_view kLayout("\x0a\x00\x04\x04\x06\x00\x08\x00", 8);
constexpr std::array<uint32_t, 7> kTail = {0, 1, 0, 0, 0, 0, 2};
constexpr int kMostDepth = 64;  // a branch counts at most 63 leaves

class TreeReader {
 public:
  TreeReader(Bytes branches, Bytes leaves)
      : branches_(branches), leaves_(leaves), leaf_ids_(branches.size() / kBranchSize) {}

  bool read(uint64_t tree) {
    tree_ = tree;
    const size_t first = next_;
    if (!branch(0)) return false;
    first_leaf_ += next_ - first + 1;  // a tree of n branches has n + 1 leaves
    return true;
  }
  bool all_read() const {
    const Bytes rest = branches_.subspan(next_ * kBranchSize);
    return first_leaf_ * sizeof(double) == leaves_.size() &&
           std::ranges::all_of(rest, [](std::byte b) { return b == std::byte{0}; });
  }
  std::vector<TreeNode> take_nodes() { return std::move(nodes_); }

 private:
  bool branch(int depth) {
    const size_t place = next_ * kBranchSize;
    if (depth > kMostDepth || !range_fits(place, kBranchSize, branches_.size())) return false;
    const auto head = load_little<uint16_t>(branches_, place);
    const unsigned leaves = head >> 4 & 3, comparison = head >> 6 & 3, number = head >> 10;
    if ((comparison != 0 && comparison != 3) || leaves == 1 || (head >> 8 & 3) != 0) return false;
    const size_t own = next_++, at = nodes_.size();
    TreeNode node;
    node.tree = tree_;
    node.node = own;
    node.kind = comparison == 0 ? TreeNodeKind::kLessEqual : TreeNodeKind::kGreater;
    node.feature = head & 15;
    node.value = load_little<double>(branches_, place + 2);
    nodes_.push_back(node);
    uint64_t true_child = next_, false_child = own + number;
    if (leaves == 3) {
      if (!leaf(number, true_child) || !leaf(number + 1, false_child)) return false;
    } else if (leaves == 2) {
      if (!leaf(number, false_child) || !branch(depth + 1)) return false;
    } else if (!branch(depth + 1) || next_ != false_child || !branch(depth + 1)) {
      return false;
    }
    nodes_[at].true_child = true_child;
    nodes_[at].false_child = false_child;
    return true;
  }

  bool leaf(size_t number, uint64_t& id) {
    const size_t place = (first_leaf_ + number) * sizeof(double);
    if (!range_fits(place, sizeof(double), leaves_.size())) return false;
    TreeNode node;
    node.tree = tree_;
    node.node = id = leaf_ids_++;
    node.leaf = {{0, load_little<double>(leaves_, place)}};
    nodes_.push_back(std::move(node));
    return true;
  }

  Bytes branches_, leaves_;
  size_t leaf_ids_;  // behind those of the branches
  size_t next_ = 0, first_leaf_ = 0;
  uint64_t tree_ = 0;
  std::vector<TreeNode> nodes_;
};

}  // namespace

std::optional<TreeEnsembleParams> read_compiled_trees(Bytes file) {
  if (file.size() < kBranchesAt || as_text(file.subspan(kLayoutAt, kLayout.size())) != kLayout)
    return std::nullopt;
  const auto branch_bytes = load_little<uint64_t>(file, kBranchBytesAt);
  if (!range_fits(kBranchesAt, branch_bytes, file.size())) return std::nullopt;
  const Bytes branches = file.subspan(kBranchesAt, static_cast<size_t>(branch_bytes));
  const Bytes rest = file.subspan(kBranchesAt + branches.size());
  if (rest.size() < kLeaves + kTail.size() * sizeof(uint32_t)) return std::nullopt;
  const Bytes leaves = rest.subspan(kLeaves, rest.size() - kLeaves - kTail.size() * sizeof(uint32_t));
  if (load_little<uint64_t>(rest, kLeafCount) != leaves.size() / sizeof(double)) return std::nullopt;
  for (size_t i = 0; i < kTail.size(); ++i) {
    if (load_little<uint32_t>(rest, kLeaves + leaves.size() + i * sizeof(uint32_t)) != kTail[i])
      return std::nullopt;
  }
  TreeReader reader(branches, leaves);
  const auto trees = load_little<uint64_t>(rest, kTreeCount);
  for (uint64_t tree = 0; tree < trees; ++tree) {
    if (!reader.read(tree)) return std::nullopt;
  }
  if (!reader.all_read()) return std::nullopt;
  TreeEnsembleParams params;
  params.nodes = reader.take_nodes();
  params.transform = TreeTransform::kLogistic;
  return params;
}

}  // namespace wf
