// Expected numbers: windows of the padded input multiplied out with NumPy.
#include "ops/pattern.h"

namespace wf::test {
namespace {

TEST(Conv, OneDimensionDilatedStridedPadded) {
  expect_near(run_op1("conv", {{"x", pattern_x({1, 2, 7})},
                               {"weight", pattern_w({2, 2, 3})},
                               {"bias", pattern_b({2})},
                               {"strides", ints({2})},
                               {"dilations", ints({2})},
                               {"pad_type", text("custom")},
                               {"pad", ints({2, 1})}}),
              {1, 2, 3}, {-6, 16, -14, 22, -6, 13});
}

TEST(Conv, GroupsAndUnevenPadding) {
  expect_near(run_op1("conv", {{"x", pattern_x({2, 4, 3, 4})},
                               {"weight", pattern_w({4, 2, 2, 3})},
                               {"bias", pattern_b({4})},
                               {"groups", integer(2)},
                               {"strides", ints({1, 2})},
                               {"pad_type", text("custom")},
                               {"pad", ints({1, 0, 0, 2})}}),
              {2, 4, 3, 2}, {34,  18, 19,  9,  -14, -16, -14, -15, 11,  11,  -28, 19,  5,  4,  -5, -17,
                             27,  19, -11, 19, -11, 2,   13,  5,   -14, 1,   -14, -16, -3, -8, 13, 2,
                             -28, 19, 21,  -6, -14, 2,   27,  19,  -40, -22, 8,   -17, 13, 5,  26, 8});
}

TEST(Conv, ThreeDimensions) {
  expect_near(run_op1("conv", {{"x", pattern_x({1, 1, 3, 3, 4})},
                               {"weight", pattern_w({2, 1, 2, 2, 3})},
                               {"strides", ints({1, 1, 2})}}),
              {1, 2, 2, 2, 1}, {18, -15, -15, 7, 9, -30, -31, 18});
}

TEST(Conv, SamePutsTheOddPaddingAfterAndSameLowerBefore) {
  const std::vector<NamedInput> inputs = {
      {"x", pattern_x({1, 1, 4, 5})}, {"weight", pattern_w({1, 1, 3, 4})}, {"strides", ints({2, 2})}};
  std::vector<NamedInput> same = inputs, lower = inputs;
  same.emplace_back("pad_type", text("same"));
  same.emplace_back("pad", ints({9, 9, 9, 9}));  // not looked at
  lower.emplace_back("pad_type", text("same_lower"));
  expect_near(run_op1("conv", same), {1, 1, 2, 3}, {3, 4, -26, -14, 16, 12});
  expect_near(run_op1("conv", lower), {1, 1, 2, 3}, {17, -44, -8, -3, 15, 7});
}

TEST(Conv, DepthwiseWithMultiplier) {
  expect_near(
      run_op1("conv",
              {{"x", pattern_x({1, 2, 3, 3})}, {"weight", pattern_w({4, 1, 2, 2})}, {"groups", integer(2)}}),
      {1, 4, 2, 2}, {17, -4, -13, -1, -21, 12, 12, 12, -4, 17, -7, 14, -6, 20, -5, 10});
}

TEST(Conv, MoreOutputsThanOneTile) {  // a moving sum over 0, 1, 2, ...: 3i + 3
  std::vector<double> x(300), expected(298);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  for (size_t i = 0; i < expected.size(); ++i) expected[i] = 3 * static_cast<double>(i) + 3;
  expect_near(run_op1("conv", {{"x", f32({1, 1, 300}, x)}, {"weight", f32({1, 1, 3}, {1, 1, 1})}}),
              {1, 1, 298}, expected);
}

TEST(Conv, Fp16SumsAreNotRoundedOnTheWay) {  // 2048 + 1 + 1 is 2048 if every step rounds to fp16
  expect_near(run_op1("conv", {{"x", f16({1, 3, 1}, {2048, 1, 1})}, {"weight", f16({1, 3, 1}, {1, 1, 1})}}),
              {1, 1, 1}, {2050});
}

TEST(Conv, Ios17TakesWeightsOfAnotherPrecision) {
  const std::vector<NamedInput> inputs = {{"x", f16({1, 1, 2}, {1, 2})}, {"weight", f32({1, 1, 1}, {3})}};
  EXPECT_FALSE(run_op("conv", inputs).ok());
  const Tensor out = run_op1("conv", inputs, Opset::kIos17);
  EXPECT_EQ(out.dtype(), DType::kFloat16);
  expect_near(out, {1, 1, 2}, {3, 6});
}

TEST(Conv, ExactReadingKeepsDoubles) {
  const auto out = run_op("conv", {{"x", f16({1, 2, 1}, {2048, 1})}, {"weight", f16({1, 2, 1}, {1, 0.5})}}, 1,
                          Opset::kIos15, Reading::kExact);
  ASSERT_TRUE(out.ok());
  expect_near(*(*out)[0].tensor(), {1, 1, 1}, {2048.5}, 0);
}

void expect_refused(const std::vector<NamedInput>& inputs, std::string_view reason) {
  const auto result = run_op("conv", inputs);
  ASSERT_FALSE(result.ok()) << reason;
  EXPECT_NE(result.error().to_string().find(reason), std::string::npos) << result.error().to_string();
}

TEST(Conv, RefusesWhatDoesNotFit) {
  const NamedInput x{"x", pattern_x({1, 4, 5, 5})}, weight{"weight", pattern_w({2, 4, 3, 3})};
  expect_refused({x, weight, {"strides", ints({0, 1})}}, "'strides' holds 0");
  expect_refused({x, weight, {"strides", ints({1})}}, "'strides' has 1 entries, expected 2");
  expect_refused({x, weight, {"dilations", ints({4, 1})}}, "spans 9 elements");
  expect_refused({x, weight, {"dilations", ints({2147483647, 1})}}, "too large");
  expect_refused({x, weight, {"groups", integer(0)}}, "groups is 0");
  expect_refused({x, weight, {"groups", integer(2)}}, "4 channels in 2 groups");
  expect_refused({x, weight, {"pad_type", text("around")}}, "'around'");
  expect_refused({x, weight, {"pad_type", text("custom")}, {"pad", ints({0, -1, 0, 0})}}, "'pad' holds -1");
  expect_refused({x, weight, {"bias", f32({3}, {1, 2, 3})}}, "bias is [3]");
  expect_refused({x, {"weight", pattern_w({2, 4, 3})}}, "expected rank 4");
  expect_refused({x, {"weight", f32({2, 4, 0, 3}, {})}}, "kernel is empty");
}

TEST(ConvQuantized, ScalesAndShiftsTheWeights) {
  expect_near(run_op1("conv_quantized", {{"x", pattern_x({1, 1, 2, 3})},
                                         {"weight", of(DType::kUInt8, {1, 1, 2, 2}, {0, 64, 128, 255})},
                                         {"bias", f32({1}, {1})},
                                         {"quantization_type", text("linear")},
                                         {"quant_scale", f32({1}, {0.5})},
                                         {"quant_bias", f32({1}, {-10})}}),
              {1, 1, 1, 2}, {482.5, -361.5});
}

}  // namespace
}  // namespace wf::test
