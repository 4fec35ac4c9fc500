// Expected numbers: the formula in NumPy.
#include "ops/pattern.h"

namespace wf::test {
namespace {

Tensor quarter(const Tensor& tensor, double divisor = 4) {
  std::vector<double> values = read_doubles(tensor);
  for (double& value : values) value /= divisor;
  return f32(tensor.shape(), std::move(values));
}

std::vector<NamedInput> inputs() {
  return {{"query", quarter(pattern_x({2, 2, 3}))},
          {"key", quarter(pattern_w({2, 3, 3}))},
          {"value", pattern_x({2, 3, 2})}};
}
std::vector<NamedInput> inputs_with(Tensor mask) {
  auto all = inputs();
  all.emplace_back("attn_mask", std::move(mask));
  return all;
}
Tensor attention(const std::vector<NamedInput>& arguments) {
  return run_op1("scaled_dot_product_attention", arguments, Opset::kIos18);
}

TEST(ScaledDotProductAttention, WeighsTheValues) {
  expect_near(attention(inputs()), {2, 2, 2},
              {-2.770609951, 2.178074323, -2.034533022, 1.519370432, -1.498952063, -0.845992625, -1.643709316,
               -0.67207535});
}

TEST(ScaledDotProductAttention, MasksOfNumbersAddAndFlagsExclude) {
  expect_near(attention(inputs_with(quarter(pattern_x({2, 3}), 2))), {2, 2, 2},
              {-1.913038431, 4.407845622, -4.522091899, 2.311595863, -3.569092925, 2.02674979, 1.505235409,
               0.693525696});
  expect_near(attention(inputs_with(bools({2, 1, 3}, {1, 0, 1, 0, 0, 1}))), {2, 2, 2},
              {-3.223507968, 0.519589974, -2.054120715, -0.454899404, -1, -5, -1, -5});
}

TEST(ScaledDotProductAttention, ARowWithoutKeysIsNoNumber) {
  expect_near(attention(inputs_with(bools({2, 2, 3}, {0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0}))), {2, 2, 2},
              {NAN, NAN, -5, 2, 4, 0, 4, 0});
}

TEST(ScaledDotProductAttention, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(run_op("scaled_dot_product_attention", inputs_with(pattern_x({3, 3})), 1, Opset::kIos18).ok());
  auto wrong = inputs();
  wrong[1] = {"key", pattern_w({2, 3, 4})};
  EXPECT_FALSE(run_op("scaled_dot_product_attention", wrong, 1, Opset::kIos18).ok());
  EXPECT_FALSE(run_op("scaled_dot_product_attention", inputs(), 1, Opset::kIos17).ok());
}

}  // namespace
}  // namespace wf::test
