// Expected numbers: windows written out with NumPy, divisors counted as PyTorch counts them.
#include "ops/pattern.h"

namespace wf::test {
namespace {

std::vector<NamedInput> pooled(Tensor x, std::vector<int64_t> kernel, std::vector<int64_t> strides,
                               std::string_view pad_type, std::vector<int64_t> pad = {},
                               bool ceil_mode = false) {
  std::vector<NamedInput> inputs = {{"x", std::move(x)},
                                    {"kernel_sizes", ints(std::move(kernel))},
                                    {"strides", ints(std::move(strides))},
                                    {"pad_type", text(std::string(pad_type))},
                                    {"ceil_mode", flag(ceil_mode)}};
  if (!pad.empty()) inputs.emplace_back("pad", ints(std::move(pad)));
  return inputs;
}

TEST(Pool, CeilModeKeepsTheOverhangingWindow) {
  const auto inputs = pooled(pattern_x({1, 1, 5, 6}), {2, 2}, {2, 2}, "valid", {}, true);
  expect_near(run_op1("max_pool", inputs), {1, 1, 3, 3}, {4, 5, 1, 2, 5, 4, 5, 1, 4});
  expect_near(run_op1("avg_pool", inputs), {1, 1, 3, 3}, {0.25, 0.5, -2, -1, 2, -0.5, 1.5, -1, 2});
  expect_near(run_op1("l2_pool", inputs), {1, 1, 3, 3},
              {6.708203932, 7.348469228, 6, 4.898979486, 6, 7.348469228, 5.385164807, 3.16227766, 4});
}

TEST(Pool, CeilModeWithPadding) {
  const auto inputs = pooled(pattern_x({1, 1, 6, 5}), {3, 3}, {2, 2}, "custom", {1, 1, 1, 1}, true);
  expect_near(run_op1("max_pool", inputs), {1, 1, 4, 3}, {4, 5, 5, 4, 4, 5, 5, 4, 4, 5, 4, 4});
  expect_near(run_op1("avg_pool", inputs), {1, 1, 4, 3},
              {-2. / 9, 5. / 9, 5. / 9, -7. / 9, -4. / 9, -2. / 9, 6. / 9, -1. / 9, 0, 1, 1. / 3, 2. / 3});
}

TEST(Pool, CeilModeDropsAWindowThatStartsInThePadding) {  // 4 elements, padded 1 + 1, kernel 2, stride 3
  expect_near(run_op1("max_pool", pooled(f32({1, 1, 4}, {1, 2, 3, 4}), {2}, {3}, "custom", {1, 1}, true)),
              {1, 1, 2}, {1, 4});
  expect_near(run_op1("max_pool", pooled(f32({1, 1, 3}, {1, 2, 3}), {2}, {4}, "custom", {1, 1}, true)),
              {1, 1, 1}, {1});
}

TEST(AvgPool, PaddingCountsUnlessExcluded) {
  auto inputs = pooled(pattern_x({1, 1, 3, 3}), {2, 2}, {1, 1}, "custom", {1, 0, 0, 1});
  expect_near(run_op1("avg_pool", inputs), {1, 1, 3, 3},
              {-0.75, 0, -0.5, 0.75, -0.5, -1.25, 2.5, -1.5, -1.75});
  inputs.emplace_back("exclude_padding_from_average", flag(true));
  expect_near(run_op1("avg_pool", inputs), {1, 1, 3, 3}, {-1.5, 0, -2, 0.75, -0.5, -2.5, 2.5, -1.5, -3.5});
}

TEST(AvgPool, SameAndSameLower) {
  expect_near(run_op1("avg_pool", pooled(pattern_x({1, 1, 5}), {4}, {2}, "same")), {1, 1, 3},
              {-1.25, 1.5, 1.5});
  expect_near(run_op1("avg_pool", pooled(pattern_x({1, 1, 5}), {4}, {2}, "same_lower")), {1, 1, 3},
              {-0.75, 0, 1});
}

TEST(Pool, ThreeDimensions) {
  expect_near(run_op1("max_pool",
                      pooled(pattern_x({1, 2, 3, 2, 4}), {2, 2, 3}, {1, 1, 2}, "custom", {1, 0, 0, 0, 1, 1})),
              {1, 2, 3, 1, 2}, {2, 5, 3, 5, 4, 5, 5, 5, 5, 5, 5, 5});
  auto average = pooled(pattern_x({1, 1, 3, 2, 4}), {2, 2, 3}, {1, 1, 2}, "custom", {1, 0, 0, 0, 1, 1});
  average.emplace_back("exclude_padding_from_average", flag(true));
  expect_near(run_op1("avg_pool", average), {1, 1, 3, 1, 2}, {-1.25, 1, -0.75, 7. / 12, 0.25, -0.25});
  EXPECT_FALSE(run_op("l2_pool", pooled(pattern_x({1, 2, 3, 2, 4}), {2, 2, 3}, {1, 1, 2}, "valid")).ok());
}

TEST(MaxPool, PaddingNeverWinsAndNanStays) {
  expect_near(run_op1("max_pool", pooled(f32({1, 1, 3}, {-3, -2, -5}), {2}, {1}, "custom", {1, 1})),
              {1, 1, 4}, {-3, -2, -2, -5});
  expect_near(run_op1("max_pool", pooled(f32({1, 1, 4}, {1, NAN, 2, 3}), {2}, {1}, "valid")), {1, 1, 3},
              {NAN, NAN, 3});
}

TEST(Pool, RefusesWhatDoesNotFit) {
  const auto refused = [](const std::vector<NamedInput>& inputs, std::string_view reason) {
    const auto result = run_op("max_pool", inputs);
    ASSERT_FALSE(result.ok()) << reason;
    EXPECT_NE(result.error().to_string().find(reason), std::string::npos) << result.error().to_string();
  };
  const Tensor x = pattern_x({1, 1, 4});
  refused(pooled(x, {0}, {1}, "valid"), "'kernel_sizes' holds 0");
  refused(pooled(x, {2, 2}, {1}, "valid"), "'kernel_sizes' has 2 entries, expected 1");
  refused(pooled(x, {2}, {-1}, "valid"), "'strides' holds -1");
  refused(pooled(x, {5}, {1}, "valid"), "spans 5 elements");
  refused(pooled(x, {2}, {2}, "same", {}, true), "ceil_mode does not go with");
  refused(pooled(x, {2}, {2}, "custom", {0, 1}, true), "symmetric");
  refused(pooled(pattern_x({4, 4}), {2}, {2}, "valid"), "expected rank 3 to 5");
}

}  // namespace
}  // namespace wf::test
