#include "classic/tree_ensemble.h"

#include <fmt/format.h>

#include "formats/mlmodel/classic/keys.h"
#include "formats/mlmodel/classic/readers.h"
#include "proto/classic.h"

namespace wf {
namespace {

Result<TreeNode> read_node(const Message& message) {
  using Field = proto::TreeNode;
  TreeNode node;
  node.tree = message.u64(Field::kTreeId);
  node.node = message.u64(Field::kNodeId);
  const uint64_t kind = message.u64(Field::kNodeBehavior);
  WF_REQUIRE(kind <= static_cast<uint64_t>(TreeNodeKind::kLeaf), kBadModel,
             fmt::format("tree {}: node {}: behaviour {} does not exist", node.tree, node.node, kind));
  node.kind = static_cast<TreeNodeKind>(kind);
  node.feature = message.u64(Field::kBranchFeatureIndex);
  node.value = message.f64(Field::kBranchFeatureValue);
  node.true_child = message.u64(Field::kTrueChildNodeId);
  node.false_child = message.u64(Field::kFalseChildNodeId);
  node.missing_is_true = message.flag(Field::kMissingValueTracksTrueChild);
  for (const Message& info : message.messages(Field::kEvaluationInfo)) {
    node.leaf.emplace_back(info.u64(proto::EvaluationInfo::kEvaluationIndex),
                           info.f64(proto::EvaluationInfo::kEvaluationValue));
  }
  return node;
}

// Classifier and regressor have the same fields but for the labels.
Result<TreeEnsembleParams> read_params(const Message& message) {
  static_assert(static_cast<int>(proto::TreeEnsembleClassifier::kTreeEnsemble) ==
                proto::TreeEnsembleRegressor::kTreeEnsemble);
  static_assert(static_cast<int>(proto::TreeEnsembleClassifier::kPostEvaluationTransform) ==
                proto::TreeEnsembleRegressor::kPostEvaluationTransform);
  using Field = proto::TreeEnsembleParameters;
  const Message trees = message.message(proto::TreeEnsembleClassifier::kTreeEnsemble);
  TreeEnsembleParams params;
  for (const Message& each : trees.messages(Field::kNodes)) {
    WF_TRY(TreeNode node, read_node(each));
    params.nodes.push_back(std::move(node));
  }
  params.base = trees.doubles(Field::kBasePredictionValue);
  params.dimensions = trees.u64(Field::kNumPredictionDimensions, std::max<size_t>(1, params.base.size()));
  const uint64_t transform = message.u64(proto::TreeEnsembleClassifier::kPostEvaluationTransform);
  WF_REQUIRE(transform <= static_cast<uint64_t>(TreeTransform::kSoftMaxWithZeroClass), kBadModel,
             fmt::format("post evaluation transform {} does not exist", transform));
  params.transform = static_cast<TreeTransform>(transform);
  return params;
}

}  // namespace

Result<std::shared_ptr<const ClassicModel>> read_tree_ensemble_regressor(const Message& message, Interface&) {
  WF_TRY(TreeEnsembleParams params, read_params(message));
  return TreeEnsembleRegressor::make(std::move(params));
}

Result<std::shared_ptr<const ClassicModel>> read_tree_ensemble_classifier(const Message& message,
                                                                          Interface&) {
  using Field = proto::TreeEnsembleClassifier;
  WF_TRY(TreeEnsembleParams params, read_params(message));
  return TreeEnsembleClassifier::make(
      std::move(params), read_keys(message, Field::kStringClassLabels, Field::kInt64ClassLabels));
}

}  // namespace wf
