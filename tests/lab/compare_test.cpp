// Expected numbers are worked out by hand in the comments.
#include "lab/compare.h"

#include <cmath>
#include <limits>

#include "lab/finding.h"
#include "support/support.h"

namespace wf::test {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::nan("");

TEST(Compare, MeasuresTheErrorsOfAKnownPair) {
  // errors 0, 0, -1, 2: L-inf 2, RMSE sqrt(5 / 4); scale 8; signal 1 + 4 + 16 + 64 = 85, noise 5.
  WF_ASSERT_OK_AND_ASSIGN(Comparison c, compare(f32({2, 2}, {1, 2, 3, 10}), f32({2, 2}, {1, 2, 4, 8})));
  EXPECT_EQ(c.count, 4);
  EXPECT_DOUBLE_EQ(c.scale, 8);
  EXPECT_DOUBLE_EQ(c.max_abs, 2);
  EXPECT_DOUBLE_EQ(c.max_rel, 0.25);
  EXPECT_DOUBLE_EQ(c.rmse, std::sqrt(1.25));
  EXPECT_DOUBLE_EQ(c.rmse_rel, std::sqrt(1.25) / 8);
  EXPECT_NEAR(c.snr_db, 10 * std::log10(17.0), 1e-12);
  EXPECT_EQ(c.worst, 3);
  EXPECT_EQ(c.worst_at, (Shape{1, 1}));
  EXPECT_EQ(c.worst_actual, 10);
  EXPECT_EQ(c.worst_expected, 8);
}

TEST(Compare, EqualTensorsHaveInfiniteSnr) {
  WF_ASSERT_OK_AND_ASSIGN(Comparison c, compare(f32({3}, {1, 2, 3}), f32({3}, {1, 2, 3})));
  EXPECT_EQ(c.max_abs, 0);
  EXPECT_EQ(c.snr_db, kInf);
  EXPECT_TRUE(within(c, *find_budget("fp32")));
}

TEST(Compare, NanAndInfinityMatchOnlyThemselves) {
  WF_ASSERT_OK_AND_ASSIGN(Comparison same, compare(f32({3}, {kNan, kInf, 1}), f32({3}, {kNan, kInf, 1})));
  EXPECT_EQ(same.mismatches, 0);
  EXPECT_EQ(same.nan_actual, 1);
  EXPECT_EQ(same.inf_expected, 1);

  WF_ASSERT_OK_AND_ASSIGN(Comparison other, compare(f32({3}, {kNan, kInf, kInf}), f32({3}, {0, -kInf, 1})));
  EXPECT_EQ(other.mismatches, 3);
  EXPECT_EQ(other.worst, 0);
  EXPECT_FALSE(within(other, Budget{"loose", 1e9, 1e9}));
}

TEST(Compare, CallsOutAnOutputThatIsAllZeros) {
  WF_ASSERT_OK_AND_ASSIGN(Comparison zeros, compare(f32({2}, {0, 1e-8}), f32({2}, {0.5, -0.25})));
  EXPECT_TRUE(zeros.near_zero);
  EXPECT_NE(warnings_of(zeros), "");
  WF_ASSERT_OK_AND_ASSIGN(Comparison rightly, compare(f32({2}, {0, 0}), f32({2}, {0, 0})));
  EXPECT_FALSE(rightly.near_zero);
}

TEST(Compare, ShapesMayDifferInDimensionsOfOneOnly) {
  EXPECT_TRUE(compare(f32({1, 3}, {1, 2, 3}), f32({3}, {1, 2, 3})).ok());
  EXPECT_FALSE(compare(f32({2, 3}, {1, 2, 3, 4, 5, 6}), f32({3, 2}, {1, 2, 3, 4, 5, 6})).ok());
}

TEST(Compare, DictionariesAreMatchedByKey) {
  const auto dict = [](std::vector<std::pair<std::string, double>> items) {
    Dict made;
    for (const auto& [key, value] : items)
      made.items.emplace_back(text(key), of(DType::kFloat64, {}, {value}));
    return Datum(std::move(made));
  };
  WF_ASSERT_OK_AND_ASSIGN(Comparison c,
                          compare(dict({{"cat", 0.75}, {"dog", 0.25}}), dict({{"dog", 0.25}, {"cat", 0.5}})));
  EXPECT_DOUBLE_EQ(c.max_abs, 0.25);
  EXPECT_FALSE(compare(dict({{"cat", 1}}), dict({{"dog", 1}})).ok());
}

TEST(Compare, TextsAreEqualOrNot) {
  WF_ASSERT_OK_AND_ASSIGN(Comparison c, compare(text("cat"), text("dog")));
  EXPECT_EQ(c.mismatches, 1);
  EXPECT_EQ(to_string(c), "differs");
  WF_ASSERT_OK_AND_ASSIGN(Comparison same, compare(text("cat"), text("cat")));
  EXPECT_EQ(to_string(same), "equal");
  EXPECT_FALSE(compare(text("1"), number(1)).ok());
}

TEST(Budget, HoldsLInfAndRmseRelativeToScale) {
  const Budget fp16 = *find_budget("fp16");
  // One element in 1000 off by 0.9 % of scale: L-inf 9e-3 is within 1e-2, RMSE 2.8e-4 within 1e-3.
  const std::vector<double> expected(1000, 100);
  std::vector<double> one_off = expected;
  one_off[7] = 100.9;
  const Tensor truth = of(DType::kFloat64, {1000}, expected);
  WF_ASSERT_OK_AND_ASSIGN(Comparison one, compare(of(DType::kFloat64, {1000}, one_off), truth));
  EXPECT_TRUE(within(one, fp16));
  // All of them off by 0.9 %: L-inf is still within, RMSE 9e-3 is not.
  const std::vector<double> all_off(1000, 100.9);
  WF_ASSERT_OK_AND_ASSIGN(Comparison all, compare(of(DType::kFloat64, {1000}, all_off), truth));
  EXPECT_FALSE(within(all, fp16));
  EXPECT_FALSE(find_budget("fp8").has_value());
}

TEST(Judge, AMissingOutputIsAFailure) {
  const Finding finding = judge("y", nullptr, number(1), *find_budget("fp32"));
  EXPECT_FALSE(finding.passed);
  EXPECT_FALSE(finding.comparison.has_value());
}

}  // namespace
}  // namespace wf::test
