// Expected numbers: every input element scattered into the full result with NumPy, which is then cropped.
#include "ops/pattern.h"

namespace wf::test {
namespace {

TEST(ConvTranspose, OneDimensionStrided) {
  expect_near(run_op1("conv_transpose", {{"x", pattern_x({1, 2, 3})},
                                         {"weight", pattern_w({2, 2, 3})},
                                         {"bias", pattern_b({2})},
                                         {"strides", ints({2})}}),
              {1, 2, 7}, {11, -24, 4, 2, 12, 6, -5, 12, -23, 8, 6, 11, 2, -9});
}

TEST(ConvTranspose, DilatedAndCropped) {
  expect_near(run_op1("conv_transpose", {{"x", pattern_x({1, 1, 3})},
                                         {"weight", pattern_w({1, 1, 3})},
                                         {"strides", ints({3})},
                                         {"dilations", ints({2})},
                                         {"pad_type", text("custom")},
                                         {"pad", ints({2, 1})}}),
              {1, 1, 8}, {-10, -6, 0, 4, 6, 0, -4, 0});
}

TEST(ConvTranspose, Groups) {
  expect_near(run_op1("conv_transpose", {{"x", pattern_x({1, 4, 2, 3})},
                                         {"weight", pattern_w({4, 2, 2, 3})},
                                         {"bias", pattern_b({4})},
                                         {"groups", integer(2)},
                                         {"strides", ints({2, 1})},
                                         {"pad_type", text("custom")},
                                         {"pad", ints({1, 0, 0, 2})}}),
              {1, 4, 3, 3}, {19, -18, -10, -11, 4, -1, -3, 12,  -1, -10, 20, -5,  6, -14, -7, -7, 1, 28,
                             1,  -13, 13,  -1,  2, -7, -1, -13, 12, 3,   5,  -16, 4, 12,  -6, 4,  4, -15});
}

const std::vector<double> kSame = {-10, -6, 14,  6, -8, 0, -5, 11, 17,  -8,  -8, 2,
                                   10,  11, -23, 1, -2, 4, 5,  -2, -14, -10, -6, 3};

TEST(ConvTranspose, SameCropsTheOddElementAfterAndSameLowerBefore) {
  const std::vector<NamedInput> inputs = {
      {"x", pattern_x({1, 1, 2, 3})}, {"weight", pattern_w({1, 1, 3, 4})}, {"strides", ints({2, 2})}};
  std::vector<NamedInput> same = inputs, lower = inputs;
  same.emplace_back("pad_type", text("same"));
  lower.emplace_back("pad_type", text("same_lower"));
  expect_near(run_op1("conv_transpose", same), {1, 1, 4, 6}, kSame);
  expect_near(run_op1("conv_transpose", lower), {1, 1, 4, 6},
              {-5, 11, 17, -8, -8, 2, 10, 11, -23, 1, -2, 4, 5, -2, -14, -10, -6, 3, 0, -8, 15, -8, 3, 6});
}

TEST(ConvTranspose, OutputShapeChoosesTheCropOfTheForwardConvolution) {
  expect_near(run_op1("conv_transpose", {{"x", pattern_x({1, 1, 2, 3})},
                                         {"weight", pattern_w({1, 1, 3, 4})},
                                         {"strides", ints({2, 2})},
                                         {"pad_type", text("same")},
                                         {"output_shape", ints({1, 1, 3, 5})}}),
              {1, 1, 3, 5}, {-5, 11, 17, -8, -8, 10, 11, -23, 1, -2, 5, -2, -14, -10, -6});
}

TEST(ConvTranspose, SurplusOutputHoldsTheBias) {
  expect_near(run_op1("conv_transpose", {{"x", pattern_x({1, 1, 2, 2})},
                                         {"weight", pattern_w({1, 1, 2, 2})},
                                         {"bias", pattern_b({1})},
                                         {"strides", ints({3, 3})},
                                         {"output_shape", ints({1, 1, 6, 5})}}),
              {1, 1, 6, 5}, {16, -9, 1, -5,  5,  1, 11, 1, 1, -3, 1, 1, 1, 1, 1,
                             7,  -3, 1, -14, 11, 1, 5,  1, 1, -9, 1, 1, 1, 1, 1});
}

TEST(ConvTranspose, ThreeDimensions) {
  expect_near(run_op1("conv_transpose", {{"x", pattern_x({1, 1, 2, 1, 2})},
                                         {"weight", pattern_w({1, 1, 2, 2, 2})},
                                         {"strides", ints({1, 2, 2})}}),
              {1, 1, 3, 2, 4},
              {15, -10, -6, 4, 0, 10, 0, -4, -9, -9, -9, 12, 5, 19, -2, -16, -6, -2, 15, 5, 2, 6, -5, -15});
}

TEST(ConvTranspose, StrideBeyondTheKernelLeavesGaps) {
  expect_near(run_op1("conv_transpose", {{"x", pattern_x({1, 1, 3})},
                                         {"weight", pattern_w({1, 1, 2})},
                                         {"bias", f32({1}, {1})},
                                         {"strides", ints({4})}}),
              {1, 1, 10}, {16, -9, 1, 1, -5, 5, 1, 1, 7, -3});
}

TEST(ConvTranspose, RefusesWhatDoesNotFit) {
  const auto refused = [](std::vector<NamedInput> inputs, std::string_view reason) {
    inputs.emplace_back("x", pattern_x({1, 2, 3}));
    const auto result = run_op("conv_transpose", inputs);
    ASSERT_FALSE(result.ok()) << reason;
    EXPECT_NE(result.error().to_string().find(reason), std::string::npos) << result.error().to_string();
  };
  const NamedInput weight{"weight", pattern_w({2, 1, 3})};
  refused({weight, {"groups", integer(-1)}}, "groups is -1");
  refused({{"weight", pattern_w({3, 1, 3})}}, "2 channels in 1 groups");
  refused({weight, {"output_shape", ints({1, 1})}}, "output_shape is [1, 1]");
  refused({weight, {"output_shape", ints({1, 1, 0})}}, "sizes of at least 1");
  refused({weight, {"pad_type", text("custom")}, {"pad", ints({3, 3})}}, "leaves none");
}

}  // namespace
}  // namespace wf::test
