// Expected numbers: NumPy in double.
#include "support/support.h"

namespace wf::test {
namespace {

const std::vector<double> kX = {-2.5, -1, -0.5, 0, 0.5, 1, 3};
constexpr double kNan = NAN;
constexpr double kInf = INFINITY;

Tensor of_x(std::string_view op, std::vector<NamedInput> more = {}, Opset opset = Opset::kIos15) {
  more.insert(more.begin(), {"x", f32({7}, kX)});
  return run_op1(op, std::move(more), opset);
}

TEST(Gelu, ThreeForms) {
  expect_near(of_x("gelu"), {7},
              {-0.0155241633, -0.1586552539, -0.1542687694, 0, 0.3457312306, 0.8413447461, 2.9959503059});
  expect_near(of_x("gelu", {{"mode", text("TANH_APPROXIMATION")}}), {7},
              {-0.0150842661, -0.1588080094, -0.1542859902, 0, 0.3457140098, 0.8411919906, 2.9963626079});
  expect_near(of_x("gelu", {{"mode", text("SIGMOID_APPROXIMATION")}}), {7},
              {-0.0349861650, -0.1542042341, -0.1496115634, 0, 0.3503884366, 0.8457957659, 2.9819286903});
}

TEST(Gelu, RefusesAnUnknownMode) {
  const auto result = run_op("gelu", {{"x", f32({1}, {1})}, {"mode", text("FAST")}});
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("'FAST', expected EXACT"), std::string::npos)
      << result.error().to_string();
}

TEST(Sigmoid, AndItsRelatives) {
  expect_near(of_x("sigmoid"), {7},
              {0.0758581800, 0.2689414214, 0.3775406688, 0.5, 0.6224593312, 0.7310585786, 0.9525741268});
  expect_near(of_x("silu"), {7},
              {-0.1896454501, -0.2689414214, -0.1887703344, 0, 0.3112296656, 0.7310585786, 2.8577223805});
  expect_near(
      of_x("softplus"), {7},
      {0.0788897343, 0.3132616875, 0.4740769842, 0.6931471806, 0.9740769842, 1.3132616875, 3.0485873516});
  expect_near(of_x("softsign"), {7}, {-0.7142857143, -0.5, -0.3333333333, 0, 0.3333333333, 0.5, 0.75});
}

TEST(Sigmoid, DoesNotOverflowInFp16) {
  expect_near(run_op1("sigmoid", {{"x", f16({3}, {-60000, 60000, kNan})}}), {3}, {0, 1, kNan});
  expect_near(run_op1("softplus", {{"x", f16({2}, {-60000, 60000})}}), {2}, {0, 60000});
}

TEST(LeakyRelu, AndOthersWithOneConstant) {
  expect_near(of_x("leaky_relu", {{"alpha", number(0.1)}}), {7}, {-0.25, -0.1, -0.05, 0, 0.5, 1, 3});
  expect_near(of_x("elu", {{"alpha", number(0.5)}}), {7},
              {-0.4589575007, -0.3160602794, -0.1967346701, 0, 0.5, 1, 3});
  expect_near(of_x("thresholded_relu", {{"alpha", number(0.5)}}), {7},
              {0, 0, 0, 0, 0.5, 1, 3});  // 0.5 >= 0.5 stays
}

TEST(LinearActivation, AndOthersWithTwoConstants) {
  const auto with = [](double alpha, double beta) {
    return std::vector<NamedInput>{{"alpha", number(alpha)}, {"beta", number(beta)}};
  };
  expect_near(of_x("linear_activation", with(2, -1)), {7}, {-6, -3, -2, -1, 0, 1, 5});
  expect_near(of_x("sigmoid_hard", with(0.2, 0.5)), {7}, {0, 0.3, 0.4, 0.5, 0.6, 0.7, 1});
  expect_near(of_x("scaled_tanh", with(1.7, 0.6)), {7},
              {-1.5387520312, -0.9129842639, -0.4952314412, 0, 0.4952314412, 0.9129842639, 1.6095702218});
  expect_near(of_x("clamped_relu", with(0.1, 0.75)), {7}, {-0.25, -0.1, -0.05, 0, 0.5, 0.75, 0.75});
}

TEST(LeakyRelu, AlphaOfAnotherPrecisionOnlySinceIos17) {
  const std::vector<NamedInput> mixed = {{"x", f16({2}, {-4, 4})}, {"alpha", number(0.25)}};
  const Tensor out = run_op1("leaky_relu", mixed, Opset::kIos17);
  EXPECT_EQ(out.dtype(), DType::kFloat16);
  expect_near(out, {2}, {-1, 4});
  EXPECT_FALSE(run_op("leaky_relu", mixed, 1, Opset::kIos16).ok());
}

TEST(LeakyRelu, RefusesAVectorForAlpha) {
  const auto result = run_op("leaky_relu", {{"x", f32({2}, {1, 2})}, {"alpha", f32({2}, {1, 2})}});
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("'alpha' must be a scalar"), std::string::npos)
      << result.error().to_string();
}

TEST(Prelu, OneAlphaForEachChannel) {
  expect_near(run_op1("prelu", {{"x", f32({1, 2, 2}, {-1, 2, -4, 8})}, {"alpha", f32({2}, {0.5, 0.25})}}),
              {1, 2, 2}, {-0.5, 2, -1, 8});
}

TEST(Prelu, RefusesAnotherNumberOfChannels) {
  const auto result = run_op("prelu", {{"x", f32({1, 3, 1}, {1, 2, 3})}, {"alpha", f32({2}, {0.5, 0.25})}});
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("vector over the channels"), std::string::npos)
      << result.error().to_string();
  EXPECT_FALSE(run_op("prelu", {{"x", f32({2}, {1, 2})}, {"alpha", f32({2}, {0.5, 0.25})}}).ok());
}

TEST(SoftplusParametric, ConstantsForEachChannel) {
  expect_near(run_op1("softplus_parametric", {{"x", f32({1, 2, 2}, {-1, 0, 2, 4})},
                                              {"alpha", f32({2}, {1.5, -2})},
                                              {"beta", f32({2}, {0.5, 3})}}),
              {1, 2, 2}, {0.7111154763, 1.0397207708, -12.0049513703, -24.0000122884});
}

TEST(Softmax, AlongEitherAxis) {
  const Tensor x = f32({2, 3}, {1, 2, 3, 0, -1, 100});
  expect_near(run_op1("softmax", {{"x", x}}), {2, 3}, {0.0900305732, 0.2447284711, 0.6652409558, 0, 0, 1});
  expect_near(run_op1("softmax", {{"x", x}, {"axis", integer(0)}}), {2, 3},
              {0.7310585786, 0.9525741268, 0, 0.2689414214, 0.0474258732, 1});
}

TEST(Softmax, LargeFp16ValuesDoNotOverflow) {
  expect_near(run_op1("softmax", {{"x", f16({2}, {60000, 60000})}}), {2}, {0.5, 0.5});
  expect_near(run_op1("softmax", {{"x", f32({2}, {-kInf, 0})}}), {2}, {0, 1});
  expect_near(run_op1("softmax", {{"x", f32({2}, {-kInf, -kInf})}}), {2}, {kNan, kNan});  // as NumPy
}

TEST(Softmax, RefusesAnAxisOutsideTheRank) {
  const auto result = run_op("softmax", {{"x", f32({2}, {1, 2})}, {"axis", integer(1)}});
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("axis 1 is outside rank 1"), std::string::npos)
      << result.error().to_string();
}

}  // namespace
}  // namespace wf::test
