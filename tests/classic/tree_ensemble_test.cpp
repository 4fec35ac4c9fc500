#include "classic/tree_ensemble.h"

#include <gtest/gtest.h>

#include <cmath>

#include "classic/classic_call.h"

namespace wf::test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TreeNode branch(uint64_t node, TreeNodeKind kind, uint64_t feature, double value, uint64_t yes, uint64_t no) {
  TreeNode made;
  made.node = node;
  made.kind = kind;
  made.feature = feature;
  made.value = value;
  made.true_child = yes;
  made.false_child = no;
  return made;
}
TreeNode leaf(uint64_t node, std::vector<std::pair<uint64_t, double>> values) {
  TreeNode made;
  made.node = node;
  made.leaf = std::move(values);
  return made;
}
TreeNode in_tree(uint64_t tree, TreeNode node) {
  node.tree = tree;
  return node;
}

// x[0] KIND 2: 1, else 0.
double answer(TreeNodeKind kind, double x, bool missing_is_true = false) {
  TreeEnsembleParams params;
  params.nodes = {branch(0, kind, 0, 2, 1, 2), leaf(1, {{0, 1}}), leaf(2, {{0, 0}})};
  params.nodes[0].missing_is_true = missing_is_true;
  auto model = TreeEnsembleRegressor::make(params);
  EXPECT_TRUE(model.ok()) << model.error().to_string();
  const auto out = predict(**model, regressor(1), {vector_of({x})});
  EXPECT_TRUE(out.ok()) << out.error().to_string();
  return numbers((*out)[0])[0];
}

// Ten times 0.1, added one by one, is 0.9999999999999999: a forest's tie would go to whoever was added last.
TEST(TreeEnsemble, VotesAddUpToTheLastBit) {
  TreeEnsembleParams params;
  for (uint64_t tree = 0; tree < 10; ++tree) params.nodes.push_back(in_tree(tree, leaf(0, {{0, 0.1}})));
  auto model = TreeEnsembleRegressor::make(params);
  ASSERT_TRUE(model.ok()) << model.error().to_string();
  const auto out = predict(**model, regressor(1), {vector_of({0})});
  ASSERT_TRUE(out.ok()) << out.error().to_string();
  EXPECT_EQ(numbers((*out)[0])[0], 1.0);
}

TEST(TreeEnsemble, BranchesCompareAsTheirKindSays) {
  using K = TreeNodeKind;
  const struct {
    K kind;
    double below, at, above;
  } rows[] = {{K::kLessEqual, 1, 1, 0}, {K::kLess, 1, 0, 0},  {K::kGreaterEqual, 0, 1, 1},
              {K::kGreater, 0, 0, 1},   {K::kEqual, 0, 1, 0}, {K::kNotEqual, 1, 0, 1}};
  for (const auto& row : rows) {
    EXPECT_EQ(answer(row.kind, 1.5), row.below);
    EXPECT_EQ(answer(row.kind, 2), row.at);
    EXPECT_EQ(answer(row.kind, 2.5), row.above);
  }
}

TEST(TreeEnsemble, MissingValuesGoWhereTheNodeSays) {
  EXPECT_EQ(answer(TreeNodeKind::kLess, kNaN, true), 1);
  EXPECT_EQ(answer(TreeNodeKind::kLess, kNaN, false), 0);
  EXPECT_EQ(answer(TreeNodeKind::kNotEqual, kNaN, false), 0) << "NaN != 2 does not count";
}

TEST(TreeEnsemble, SinglePrecisionThresholdsCompareInSinglePrecision) {
  // 2 + 1e-9 is 2 as a float: not less than 2, but less or equal.
  EXPECT_EQ(answer(TreeNodeKind::kLessEqual, 2 + 1e-9), 1);
  TreeEnsembleParams params;
  params.nodes = {branch(0, TreeNodeKind::kLessEqual, 0, 0.1, 1, 2), leaf(1, {{0, 1}}), leaf(2, {{0, 0}})};
  WF_ASSERT_OK_AND_ASSIGN(const auto model, TreeEnsembleRegressor::make(params));
  WF_ASSERT_OK_AND_ASSIGN(const auto out, predict(*model, regressor(1), {vector_of({0.1 + 1e-12})}));
  EXPECT_EQ(numbers(out[0])[0], 0) << "0.1 is no float: compared in double";
}

TEST(TreeEnsemble, LeavesAddToTheBaseInEveryDimension) {
  TreeEnsembleParams params;
  params.dimensions = 3;
  params.base = {10, 20, 30};
  params.nodes = {branch(0, TreeNodeKind::kLess, 0, 0, 1, 2), leaf(1, {{0, 1}, {2, 2}}), leaf(2, {{1, 5}}),
                  in_tree(7, leaf(3, {{2, 100}}))};
  WF_ASSERT_OK_AND_ASSIGN(const auto model, TreeEnsembleRegressor::make(params));
  const Interface interface = interface_of({feature("x", doubles({1}))}, {feature("y", doubles({3}))});
  WF_ASSERT_OK_AND_ASSIGN(auto out, predict(*model, interface, {vector_of({-1})}));
  expect_numbers(out[0], {11, 20, 132});
  WF_ASSERT_OK_AND_ASSIGN(out, predict(*model, interface, {vector_of({1})}));
  expect_numbers(out[0], {10, 25, 130});
  expect_error(predict(*model, regressor(1), {vector_of({1})}), "computes 3 numbers");
}

TEST(TreeEnsemble, InputsAreTakenInTheDescriptionsOrder) {
  TreeEnsembleParams params;
  params.nodes = {branch(0, TreeNodeKind::kLess, 2, 0, 1, 2), leaf(1, {{0, 1}}), leaf(2, {{0, 0}})};
  WF_ASSERT_OK_AND_ASSIGN(const auto model, TreeEnsembleRegressor::make(params));
  const Interface interface =
      interface_of({feature("a", DoubleFeature{}), feature("b", doubles({1})), feature("c", Int64Feature{})},
                   {feature("y", DoubleFeature{})});
  WF_ASSERT_OK_AND_ASSIGN(const auto out,
                          predict(*model, interface, {scalar_of(5), vector_of({6}), int64_of(-1)}));
  expect_numbers(out[0], {1});
  expect_error(predict(*model, regressor(2), {vector_of({1, 2})}), "the trees look at 3 features");
}

std::vector<Datum> classify(TreeTransform transform, std::vector<double> scores, Keys labels) {
  TreeEnsembleParams params;
  params.transform = transform;
  params.dimensions = scores.size();
  params.base = std::move(scores);
  params.nodes = {leaf(0, {})};
  auto model = TreeEnsembleClassifier::make(params, std::move(labels));
  EXPECT_TRUE(model.ok()) << model.error().to_string();
  auto out = predict(**model, classifier(1), {vector_of({0})});
  EXPECT_TRUE(out.ok()) << out.error().to_string();
  return *out;
}

TEST(TreeEnsemble, OneScoreIsTheSecondClasss) {
  auto out = classify(TreeTransform::kNone, {0.3}, {"a", "b"});
  expect_key(out[0], "a");
  expect_dict(out[1], {{"a", 0.7}, {"b", 0.3}});
  out = classify(TreeTransform::kLogistic, {0.5}, {"a", "b"});
  expect_key(out[0], "b");
  expect_dict(out[1], {{"a", 0.3775406687981454}, {"b", 0.6224593312018546}});
}

// Leaves of a forest of five that scikit-learn 1.5 gives probabilities of exactly one half, and the first
// class.
TEST(TreeEnsemble, ATieGoesToTheFirstClass) {
  expect_key(classify(TreeTransform::kNone, {0.5}, {"a", "b"})[0], "a");
  TreeEnsembleParams params;
  uint64_t tree = 0;
  for (const double vote : {0.0, 0.05454545454545454, 0.2, 0.1, 0.14545454545454548})
    params.nodes.push_back(in_tree(tree++, leaf(0, {{0, vote}})));
  auto model = TreeEnsembleClassifier::make(params, {"a", "b"});
  ASSERT_TRUE(model.ok()) << model.error().to_string();
  const auto out = predict(**model, classifier(1), {vector_of({0})});
  ASSERT_TRUE(out.ok()) << out.error().to_string();
  expect_key((*out)[0], "a");
  expect_dict((*out)[1], {{"a", 0.5}, {"b", 0.5}});
}

TEST(TreeEnsemble, TransformsOfSeveralScores) {
  const Keys labels = {"a", "b", "c"};
  auto out = classify(TreeTransform::kSoftMax, {0.5, -1, 2}, labels);
  expect_key(out[0], "c");
  expect_dict(out[1], {{"a", 0.1752903921400367}, {"b", 0.03911257327068746}, {"c", 0.7855970345892759}});
  out = classify(TreeTransform::kSoftMaxWithZeroClass, {0.5, -1}, labels);
  expect_key(out[0], "b");
  expect_dict(out[1], {{"a", 0.3314989604240915}, {"b", 0.5465493872661796}, {"c", 0.12195165230972888}});
  out = classify(TreeTransform::kNone, {0.2, 0.5, 0.3}, labels);
  expect_key(out[0], "b");
}

TEST(TreeEnsemble, RefusesBrokenTrees) {
  const auto fails = [](std::vector<TreeNode> nodes, std::string_view part) {
    TreeEnsembleParams params;
    params.nodes = std::move(nodes);
    expect_error(TreeEnsembleRegressor::make(params), part);
  };
  const auto less = TreeNodeKind::kLess;
  fails({branch(0, less, 0, 0, 1, 9), leaf(1, {})}, "its child 9 does not exist");
  fails({branch(0, less, 0, 0, 1, 1), leaf(1, {})}, "has another parent");
  fails({branch(0, less, 0, 0, 1, 2), branch(1, less, 0, 0, 0, 3), leaf(2, {}), leaf(3, {})}, "no root");
  fails({leaf(0, {}), leaf(0, {})}, "the id occurs twice");
  fails({leaf(0, {}), leaf(1, {})}, "second root");
  fails({leaf(0, {{1, 5}})}, "adds to dimension 1 of 1");
  fails({branch(0, less, UINT64_MAX, 0, 1, 2), leaf(1, {}), leaf(2, {})}, "compares feature");
  TreeEnsembleParams huge;
  huge.dimensions = uint64_t{1} << 60;
  expect_error(TreeEnsembleRegressor::make(huge), "prediction dimensions");
  expect_error(TreeEnsembleClassifier::make({}, {"a", "b", "c"}), "do not fit 3 classes");
}

}  // namespace
}  // namespace wf::test
