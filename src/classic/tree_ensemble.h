// Tree ensembles: boosted trees, random forests, single decision trees.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "classic/class_labels.h"
#include "classic/model.h"

namespace wf {

// The format's numbers.
enum class TreeNodeKind : uint8_t { kLessEqual, kLess, kGreaterEqual, kGreater, kEqual, kNotEqual, kLeaf };
enum class TreeTransform : uint8_t { kNone, kSoftMax, kLogistic, kSoftMaxWithZeroClass };

struct TreeNode {
  uint64_t tree = 0, node = 0;  // the file's ids
  TreeNodeKind kind = TreeNodeKind::kLeaf;
  uint64_t feature = 0;  // which element of the input vector a branch compares, with what
  double value = 0;
  uint64_t true_child = 0, false_child = 0;       // node ids in the same tree
  bool missing_is_true = false;                   // where NaN goes
  std::vector<std::pair<uint64_t, double>> leaf;  // (dimension, what is added to it)
};

struct TreeEnsembleParams {
  std::vector<TreeNode> nodes;
  uint64_t dimensions = 1;
  std::vector<double> base;  // one number for each dimension; none: zeros
  TreeTransform transform = TreeTransform::kNone;
};

// The trees, checked: every tree has one root, and every other node exactly one parent, so that every walk
// ends.
class TreeEnsemble {
 public:
  static Result<TreeEnsemble> make(TreeEnsembleParams params);

  size_t dimensions() const { return base_.size(); }
  TreeTransform transform() const { return transform_; }
  // base + the leaf that each tree reaches, before the transform.
  Result<std::vector<double>> scores(std::span<const double> features, ClassicCall& call) const;

 private:
  struct Node {
    TreeNodeKind kind;
    bool missing_is_true;
    uint32_t true_child, false_child;  // indices in nodes_; of a leaf: its range in leaf_values_
    uint64_t feature;
    double value;
  };
  Status link(const std::vector<TreeNode>& nodes);

  std::vector<Node> nodes_;
  std::vector<uint32_t> roots_;
  std::vector<std::pair<uint32_t, double>> leaf_values_;
  std::vector<double> base_;
  TreeTransform transform_ = TreeTransform::kNone;
  uint64_t feature_count_ = 0;  // the longest input that any branch asks for
  bool single_precision_ = false;
};

class TreeEnsembleRegressor final : public ClassicModel {
 public:
  static Result<std::shared_ptr<const ClassicModel>> make(TreeEnsembleParams params);
  Status predict(ClassicCall& call) const override;

 private:
  explicit TreeEnsembleRegressor(TreeEnsemble trees) : trees_(std::move(trees)) {}
  TreeEnsemble trees_;
};

class TreeEnsembleClassifier final : public ClassicModel {
 public:
  static Result<std::shared_ptr<const ClassicModel>> make(TreeEnsembleParams params, Keys labels);
  Status predict(ClassicCall& call) const override;

 private:
  TreeEnsembleClassifier(TreeEnsemble trees, Keys labels)
      : trees_(std::move(trees)), labels_(std::move(labels)) {}
  std::vector<double> probabilities(std::vector<double> scores) const;

  TreeEnsemble trees_;
  Keys labels_;
};

}  // namespace wf
