#include "classic/tree_ensemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "classic/links.h"
#include "classic/regression.h"

namespace wf {
namespace {

constexpr uint64_t kMostDimensions = 1 << 20;

bool is_single(double value) {
  return std::isnan(value) || static_cast<double>(static_cast<float>(value)) == value;
}

bool goes_true(TreeNodeKind kind, double x, double value) {
  switch (kind) {
    case TreeNodeKind::kLessEqual:
      return x <= value;
    case TreeNodeKind::kLess:
      return x < value;
    case TreeNodeKind::kGreaterEqual:
      return x >= value;
    case TreeNodeKind::kGreater:
      return x > value;
    case TreeNodeKind::kEqual:
      return x == value;
    case TreeNodeKind::kNotEqual:
      return x != value;
    case TreeNodeKind::kLeaf:
      break;
  }
  return false;
}

// A sum as exact as its terms (Neumaier 1974). Votes of a forest tie often, and the order of the trees must
// not decide.
class Sum {
 public:
  explicit(false) Sum(double start) : sum_(start) {}
  void add(double term) {
    const double sum = sum_ + term;
    if (std::isfinite(sum)) {
      lost_ += std::abs(sum_) >= std::abs(term) ? (sum_ - sum) + term : (term - sum) + sum_;
    }
    sum_ = sum;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_, lost_ = 0;
};

}  // namespace

Result<TreeEnsemble> TreeEnsemble::make(TreeEnsembleParams params) {
  WF_REQUIRE(params.dimensions >= 1 && params.dimensions <= kMostDimensions, kBadModel,
             fmt::format("{} prediction dimensions, expected 1 to {}", params.dimensions, kMostDimensions));
  TreeEnsemble made;
  made.transform_ = params.transform;
  made.base_ = std::move(params.base);
  if (made.base_.empty()) made.base_.resize(static_cast<size_t>(params.dimensions));
  WF_REQUIRE(
      made.base_.size() == params.dimensions, kBadModel,
      fmt::format("{} base prediction values for {} dimensions", made.base_.size(), params.dimensions));
  WF_REQUIRE(params.nodes.size() < std::numeric_limits<uint32_t>::max(), kBadModel, "too many tree nodes");
  WF_CHECK(made.link(params.nodes));
  // Ensembles trained in single precision compare in single precision: converters round their thresholds to
  // float so that Core ML notices. A double input just above a threshold has to fall on the trainer's side.
  made.single_precision_ = std::ranges::all_of(made.nodes_, [](const Node& node) {
    return node.kind == TreeNodeKind::kLeaf || is_single(node.value);
  });
  return made;
}

Status TreeEnsemble::link(const std::vector<TreeNode>& nodes) {
  const auto name_of = [&](const TreeNode& node) {
    return fmt::format("tree {}: node {}", node.tree, node.node);
  };
  std::map<std::pair<uint64_t, uint64_t>, uint32_t> places;
  for (const TreeNode& node : nodes) {
    const bool first =
        places.emplace(std::pair(node.tree, node.node), static_cast<uint32_t>(places.size())).second;
    WF_REQUIRE(first, kBadModel, "the id occurs twice", name_of(node));
  }
  std::vector<bool> has_parent(nodes.size());
  for (const TreeNode& node : nodes) {
    Node linked{node.kind, node.missing_is_true, 0, 0, node.feature, node.value};
    if (node.kind == TreeNodeKind::kLeaf) {
      linked.true_child = static_cast<uint32_t>(leaf_values_.size());
      for (const auto& [dimension, value] : node.leaf) {
        WF_REQUIRE(dimension < base_.size(), kBadModel,
                   fmt::format("adds to dimension {} of {}", dimension, base_.size()), name_of(node));
        leaf_values_.emplace_back(static_cast<uint32_t>(dimension), value);
      }
      linked.false_child = static_cast<uint32_t>(leaf_values_.size());
    } else {
      const auto child = [&](uint64_t id, uint32_t& place) -> Status {
        const auto found = places.find({node.tree, id});
        WF_REQUIRE(found != places.end(), kBadModel, fmt::format("its child {} does not exist", id),
                   name_of(node));
        WF_REQUIRE(!has_parent[found->second], kBadModel, fmt::format("its child {} has another parent", id),
                   name_of(node), "a tree's node has one parent; the file is damaged or holds a cycle");
        has_parent[found->second] = true;
        place = found->second;
        return {};
      };
      WF_CHECK(child(node.true_child, linked.true_child));
      WF_CHECK(child(node.false_child, linked.false_child));
      WF_REQUIRE(node.feature < std::numeric_limits<uint32_t>::max(), kBadModel,
                 fmt::format("compares feature {}", node.feature), name_of(node));
      feature_count_ = std::max(feature_count_, node.feature + 1);
    }
    nodes_.push_back(linked);
  }
  std::map<uint64_t, uint32_t> root_of;  // by tree, in the order of ids
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    if (has_parent[i]) continue;
    const bool only = root_of.emplace(nodes[i].tree, i).second;
    WF_REQUIRE(only, kBadModel, "the tree has a second root", name_of(nodes[i]));
  }
  for (const TreeNode& node : nodes) {
    WF_REQUIRE(root_of.contains(node.tree), kBadModel, "the tree has no root: its nodes form a cycle",
               name_of(node));
  }
  for (const auto& [tree, root] : root_of) roots_.push_back(root);
  return {};
}

Result<std::vector<double>> TreeEnsemble::scores(std::span<const double> features, ClassicCall& call) const {
  WF_REQUIRE(features.size() >= feature_count_, kInvalidArgument,
             fmt::format("the trees look at {} features, the input has {}", feature_count_, features.size()));
  std::vector<Sum> sums(base_.begin(), base_.end());
  for (const uint32_t root : roots_) {
    const Node* node = &nodes_[root];
    while (node->kind != TreeNodeKind::kLeaf) {
      WF_CHECK(call.tick());
      double x = features[node->feature];
      if (single_precision_) x = static_cast<double>(static_cast<float>(x));
      const bool goes = std::isnan(x) ? node->missing_is_true : goes_true(node->kind, x, node->value);
      node = &nodes_[goes ? node->true_child : node->false_child];
    }
    for (uint32_t i = node->true_child; i < node->false_child; ++i)
      sums[leaf_values_[i].first].add(leaf_values_[i].second);
  }
  std::vector<double> scores;
  for (const Sum& sum : sums) scores.push_back(sum.value());
  return scores;
}

Result<std::shared_ptr<const ClassicModel>> TreeEnsembleRegressor::make(TreeEnsembleParams params) {
  WF_REQUIRE(params.transform != TreeTransform::kSoftMaxWithZeroClass, kBadModel,
             "a regressor has no zero class to compare with");
  WF_TRY(TreeEnsemble trees, TreeEnsemble::make(std::move(params)));
  return std::shared_ptr<const ClassicModel>(new TreeEnsembleRegressor(std::move(trees)));
}

Status TreeEnsembleRegressor::predict(ClassicCall& call) const {
  WF_TRY(const std::vector<double> features, call.vector());
  WF_TRY(std::vector<double> values, trees_.scores(features, call));
  if (trees_.transform() == TreeTransform::kSoftMax) values = softmax(std::move(values));
  if (trees_.transform() == TreeTransform::kLogistic)
    std::ranges::transform(values, values.begin(), logistic);
  return put_regression(call, values);
}

Result<std::shared_ptr<const ClassicModel>> TreeEnsembleClassifier::make(TreeEnsembleParams params,
                                                                         Keys labels) {
  const bool zero_class = params.transform == TreeTransform::kSoftMaxWithZeroClass;
  WF_TRY(TreeEnsemble trees, TreeEnsemble::make(std::move(params)));
  const size_t classes = labels.size(), dimensions = trees.dimensions();
  const bool fits = (classes == 2 && dimensions == 1) || dimensions + (zero_class ? 1 : 0) == classes;
  WF_REQUIRE(fits, kBadModel,
             fmt::format("{} prediction dimensions do not fit {} classes", dimensions, classes));
  return std::shared_ptr<const ClassicModel>(new TreeEnsembleClassifier(std::move(trees), std::move(labels)));
}

// One score for two classes is the second one's: as it is, or through the logistic function, which is what a
// softmax against a score of 0 is too.
std::vector<double> TreeEnsembleClassifier::probabilities(std::vector<double> scores) const {
  const TreeTransform transform = trees_.transform();
  if (scores.size() == 1 && labels_.size() == 2) {
    const double second = transform == TreeTransform::kNone ? scores[0] : logistic(scores[0]);
    return {1 - second, second};
  }
  switch (transform) {
    case TreeTransform::kNone:
      break;
    case TreeTransform::kLogistic:
      std::ranges::transform(scores, scores.begin(), logistic);
      break;
    case TreeTransform::kSoftMaxWithZeroClass:
      scores.insert(scores.begin(), 0);
      [[fallthrough]];
    case TreeTransform::kSoftMax:
      return softmax(std::move(scores));
  }
  return scores;
}

Status TreeEnsembleClassifier::predict(ClassicCall& call) const {
  WF_TRY(const std::vector<double> features, call.vector());
  WF_TRY(std::vector<double> scores, trees_.scores(features, call));
  const std::vector<double> each = probabilities(std::move(scores));
  // Of equals the first: coremltools' tests hold forests that vote half and half to scikit-learn's answer.
  // (Its converter lowers single leaves of one half by 1e-7, which comes to the same.)
  return put_class(call, labels_, index_of_largest(each), each);
}

}  // namespace wf
