// Expected numbers: the formula in NumPy.
#include "ops/pattern.h"

namespace wf::test {
namespace {

TEST(BatchNorm, UsesTheStoredStatisticsOfEachChannel) {
  expect_near(run_op1("batch_norm", {{"x", pattern_x({2, 3, 2})},
                                     {"mean", f32({3}, {1, 0, -1})},
                                     {"variance", f32({3}, {4, 1, 0.25})},
                                     {"gamma", f32({3}, {1, 2, -1})},
                                     {"beta", f32({3}, {0, 1, 2})},
                                     {"epsilon", number(0.5)}}),
              {2, 3, 2},
              {-2.828427125, 0.471404521, -2.265986324, 9.164965809, -0.309401077, 4.309401077, 1.414213562,
               -0.471404521, -5.531972647, 5.898979486, 2, 6.618802154});
}

TEST(BatchNorm, EpsilonIsSmallByDefault) {
  expect_near(run_op1("batch_norm", {{"x", pattern_x({2, 3, 2})},
                                     {"mean", f32({3}, {1, 0, -1})},
                                     {"variance", f32({3}, {4, 1, 0.25})}}),
              {2, 3, 2},
              {-2.99999625, 0.499999375, -1.99999, 4.999975, 3.999920002, -3.999920002, 1.499998125,
               -0.499999375, -3.99998, 2.999985, 0, -7.999840005});
}

TEST(BatchNorm, AnEpsilonOfFp32MayStandBesideFp16) {
  expect_near(run_op1("batch_norm", {{"x", f16({1, 1, 2}, {3, -1})},
                                     {"mean", f16({1}, {1})},
                                     {"variance", f16({1}, {3})},
                                     {"epsilon", number(1)}}),
              {1, 1, 2}, {1, -1});
}

TEST(BatchNorm, StatisticsOfFp16MayStandBesideFp32) {
  for (const Opset opset : {Opset::kIos15, Opset::kIos17}) {
    const auto out = run_op("batch_norm",
                            {{"x", f32({1, 1, 2}, {-16, 13})},
                             {"mean", f16({1}, {9})},
                             {"variance", f16({1}, {6})},
                             {"gamma", f16({1}, {1})},
                             {"beta", f16({1}, {1})},
                             {"epsilon", number(1e-4)}},
                            1, opset);
    WF_ASSERT_OK(out);
    expect_near(*(*out)[0].tensor(), {1, 1, 2}, {-9.206122, 2.6329796});
  }
}

TEST(BatchNorm, RefusesStatisticsOfAnotherLength) {
  const auto result =
      run_op("batch_norm",
             {{"x", pattern_x({2, 3, 2})}, {"mean", f32({2}, {1, 0})}, {"variance", f32({3}, {1, 1, 1})}});
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("'mean' is [2]"), std::string::npos) << result.error().to_string();
}

}  // namespace
}  // namespace wf::test
