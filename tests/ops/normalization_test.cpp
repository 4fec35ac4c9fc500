// Expected numbers: the formulas in NumPy.
#include "ops/pattern.h"

namespace wf::test {
namespace {

TEST(LayerNorm, GammaFollowsTheAxesInAscendingOrder) {
  const std::vector<double> expected = {4.832320977, 3.737318843,  3,           -3.300366343, 2.573382179,
                                        3,           -1.963661556, 2.766464195, 2.029145352,  -0.720146537,
                                        1.139926731, 1.566544552};
  for (const auto& axes : {std::vector<int64_t>{2, 0}, std::vector<int64_t>{0, -1}}) {
    expect_near(run_op1("layer_norm", {{"x", pattern_x({2, 2, 3})},
                                       {"axes", ints(axes)},
                                       {"gamma", pattern_w({2, 3})},
                                       {"beta", pattern_b({2, 3})},
                                       {"epsilon", number(0.5)}}),
                {2, 2, 3}, expected);
  }
}

TEST(LayerNorm, OverAMiddleDimensionAndOverAll) {
  expect_near(run_op1("layer_norm", {{"x", pattern_x({1, 3, 1, 2})},
                                     {"axes", ints({1})},
                                     {"gamma", pattern_w({3})},
                                     {"beta", pattern_b({3})}}),
              {1, 3, 1, 2}, {4.674231552, 0.393908752, 2, 4.222334578, 3, 3});
  expect_near(run_op1("layer_norm", {{"x", pattern_x({2, 2})}}), {2, 2},
              {-1.313063876, 0.52522555, -0.52522555, 1.313063876});
}

TEST(LayerNorm, LargeMeansDoNotCancel) {
  expect_near(
      run_op1("layer_norm", {{"x", f32({4}, {1e7, 1e7 + 1, 1e7 + 2, 1e7 + 3})}, {"epsilon", number(0)}}), {4},
      {-1.341640786, -0.447213595, 0.447213595, 1.341640786});
}

TEST(LayerNorm, RefusesAGammaOfAnotherShape) {
  EXPECT_FALSE(
      run_op("layer_norm", {{"x", pattern_x({2, 3})}, {"axes", ints({1})}, {"gamma", pattern_w({2})}}).ok());
  EXPECT_FALSE(run_op("layer_norm", {{"x", pattern_x({2, 3})}, {"axes", ints({2})}}).ok());
  EXPECT_FALSE(run_op("layer_norm", {{"x", pattern_x({2, 3})}, {"axes", ints({1, -1})}}).ok());
}

TEST(InstanceNorm, EachChannelOfEachSample) {
  expect_near(run_op1("instance_norm", {{"x", pattern_x({2, 2, 3})},
                                        {"gamma", f32({2}, {2, -1})},
                                        {"beta", f32({2}, {0, 1})},
                                        {"epsilon", number(0.25)}}),
              {2, 2, 3},
              {-2.290393337, 2.519432671, -0.229039334, -0.210639854, 1, 2.210639854, 2.421279707, 0,
               -2.421279707, -0.210639854, 1, 2.210639854});
}

TEST(L2Norm, OverTheLastThreeDimensions) {
  expect_near(run_op1("l2_norm", {{"x", pattern_x({2, 1, 2, 3})}, {"epsilon", number(1)}}), {2, 1, 2, 3},
              {-0.601929265, 0.240771706, -0.240771706, 0.601929265, 0.120385853, -0.361157559, 0.48507125, 0,
               -0.48507125, 0.363803438, -0.121267813, -0.606339063});
  EXPECT_FALSE(run_op("l2_norm", {{"x", pattern_x({2, 3})}}).ok());
}

TEST(LocalResponseNorm, TheWindowOfAnEvenSizeLeansBack) {
  expect_near(run_op1("local_response_norm", {{"x", pattern_x({1, 4, 3})},
                                              {"size", integer(3)},
                                              {"alpha", number(0.5)},
                                              {"beta", number(0.75)},
                                              {"k", number(2)}}),
              {1, 4, 3},
              {-0.867540333, 0.91581287, -0.685785703, 0.730318816, 0.457906435, -0.70981766, 0.694032267, 0,
               -0.694032267, 0.766625745, -0.559958606, -0.975835335});
  expect_near(run_op1("local_response_norm", {{"x", pattern_x({1, 4, 3})},
                                              {"size", integer(2)},
                                              {"alpha", number(1)},
                                              {"beta", number(1)},
                                              {"k", number(1)}}),
              {1, 4, 3},
              {-0.37037037, 0.666666667, -0.666666667, 0.192307692, 0.285714286, -0.4, 0.186046512, 0,
               -0.296296296, 0.222222222, -0.666666667, -0.23255814});
  EXPECT_FALSE(run_op("local_response_norm", {{"x", pattern_x({1, 4, 3})}, {"size", integer(0)}}).ok());
}

}  // namespace
}  // namespace wf::test
