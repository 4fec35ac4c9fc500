#include "classic/glm.h"

#include <gtest/gtest.h>

#include "classic/classic_call.h"

namespace wf::test {
namespace {

// Rows whose score is the offset: the input is 0.
GlmParams with_scores(std::vector<double> scores, Link link) {
  GlmParams params;
  params.weights.assign(scores.size(), {7, -7});
  params.offsets = std::move(scores);
  params.link = link;
  return params;
}

TEST(Glm, RegressionIsALinearScoreThroughALink) {
  GlmParams params{{{2, -1}}, {0.5}, Link::kNone};
  const auto answer = [&](Link link) {
    params.link = link;
    auto out = predict(**GlmRegressor::make(params), regressor(2), {vector_of({1, 3})});
    return numbers((*out)[0])[0];
  };
  EXPECT_DOUBLE_EQ(answer(Link::kNone), -0.5);  // 2 - 3 + 0.5
  EXPECT_NEAR(answer(Link::kLogit), 0.3775406687981454, 1e-15);
  params.offsets = {1.3};
  EXPECT_NEAR(answer(Link::kProbit), 0.6179114221889526, 1e-15);
  params.offsets = {};
  EXPECT_DOUBLE_EQ(answer(Link::kNone), -1);
}

TEST(Glm, OneRowDecidesBetweenTwoClasses) {
  for (const ClassEncoding encoding : {ClassEncoding::kReferenceClass, ClassEncoding::kOneVsRest}) {
    WF_ASSERT_OK_AND_ASSIGN(const auto model,
                            GlmClassifier::make(with_scores({0.5}, Link::kLogit), encoding, {"a", "b"}));
    WF_ASSERT_OK_AND_ASSIGN(const auto out, predict(*model, classifier(2), {vector_of({0, 0})}));
    expect_key(out[0], "b");
    expect_dict(out[1], {{"a", 0.3775406687981454}, {"b", 0.6224593312018546}});
  }
}

TEST(Glm, OneVersusRestNormalizes) {
  const Keys labels = {4, 5, 6};
  WF_ASSERT_OK_AND_ASSIGN(auto model, GlmClassifier::make(with_scores({0.5, -1, 2}, Link::kLogit),
                                                          ClassEncoding::kOneVsRest, labels));
  WF_ASSERT_OK_AND_ASSIGN(auto out, predict(*model, classifier(2, KeyKind::kInt64), {vector_of({0, 0})}));
  expect_key(out[0], 6);
  expect_dict(out[1], {{4, 0.35123580475706195}, {5, 0.1517558687489026}, {6, 0.49700832649403537}});
  WF_ASSERT_OK_AND_ASSIGN(model, GlmClassifier::make(with_scores({0.5, -1, 2}, Link::kProbit),
                                                     ClassEncoding::kOneVsRest, labels));
  WF_ASSERT_OK_AND_ASSIGN(out, predict(*model, classifier(2, KeyKind::kInt64), {vector_of({0, 0})}));
  expect_dict(out[1], {{4, 0.37839264940963774}, {5, 0.08682175134608296}, {6, 0.5347855992442793}});
}

TEST(Glm, SaturatedScoresStillHaveAnOrder) {
  WF_ASSERT_OK_AND_ASSIGN(const auto model, GlmClassifier::make(with_scores({900, 1000, 800}, Link::kLogit),
                                                                ClassEncoding::kOneVsRest, {"a", "b", "c"}));
  WF_ASSERT_OK_AND_ASSIGN(const auto out, predict(*model, classifier(2), {vector_of({0, 0})}));
  expect_key(out[0], "b");
}

TEST(Glm, ScoresAgainstAReferenceClass) {
  WF_ASSERT_OK_AND_ASSIGN(const auto model,
                          GlmClassifier::make(with_scores({0.5, -1}, Link::kLogit),
                                              ClassEncoding::kReferenceClass, {"a", "b", "c"}));
  WF_ASSERT_OK_AND_ASSIGN(const auto out, predict(*model, classifier(2), {vector_of({0, 0})}));
  expect_key(out[0], "b");
  expect_dict(out[1], {{"a", 0.3314989604240915}, {"b", 0.5465493872661796}, {"c", 0.12195165230972888}});
}

TEST(Glm, RefusesWhatDoesNotFit) {
  expect_error(GlmRegressor::make({}), "without weights");
  expect_error(GlmRegressor::make({{{1, 2}, {1}}, {}, Link::kNone}), "rows of 2 and 1 weights");
  expect_error(GlmRegressor::make({{{1, 2}}, {1, 2}, Link::kNone}), "2 offsets for 1 rows");
  const auto one = with_scores({1}, Link::kLogit);
  expect_error(GlmClassifier::make(one, ClassEncoding::kOneVsRest, {"a", "b", "c"}),
               "1 rows of weights for 3 classes");
  expect_error(GlmClassifier::make(one, ClassEncoding::kReferenceClass, {}), "for 0 classes");
  expect_error(GlmClassifier::make(with_scores({1, 2}, Link::kProbit), ClassEncoding::kReferenceClass,
                                   {"a", "b", "c"}),
               "defined for two classes only");
  WF_ASSERT_OK_AND_ASSIGN(const auto model, GlmRegressor::make(one));
  expect_error(predict(*model, regressor(3), {vector_of({1, 2, 3})}), "2 weights, the input has 3 numbers");
}

}  // namespace
}  // namespace wf::test
