// Expected numbers: NumPy in double; defaults of epsilon from the definitions.
#include "support/support.h"

namespace wf::test {
namespace {

constexpr double kNan = NAN;
constexpr double kInf = INFINITY;
using Ints = std::vector<int64_t>;

Tensor of_floats(std::string_view op, std::vector<double> x) {
  const auto count = static_cast<int64_t>(x.size());
  return run_op1(op, {{"x", f32({count}, std::move(x))}});
}
Ints of_ints(std::string_view op, Ints x) { return read_ints(run_op1(op, {{"x", ints(std::move(x))}})); }

TEST(Trigonometry, MatchesNumpy) {
  const std::vector<double> x = {-0.9, -0.25, 0, 0.5};
  const std::pair<std::string_view, std::vector<double>> expected[] = {
      {"sin", {-0.7833269096, -0.2474039593, 0, 0.4794255386}},
      {"cos", {0.6216099683, 0.9689124217, 1, 0.8775825619}},
      {"tan", {-1.2601582175, -0.2553419212, 0, 0.5463024898}},
      {"asin", {-1.1197695150, -0.2526802551, 0, 0.5235987756}},
      {"acos", {2.6905658418, 1.8234765819, 1.5707963268, 1.0471975512}},
      {"atan", {-0.7328151018, -0.2449786631, 0, 0.4636476090}},
      {"sinh", {-1.0265167257, -0.2526123168, 0, 0.5210953055}},
      {"cosh", {1.4330863854, 1.0314130999, 1, 1.1276259652}},
      {"tanh", {-0.7162978702, -0.2449186624, 0, 0.4621171573}},
      {"atanh", {-1.4722194896, -0.2554128119, 0, 0.5493061443}},
      {"exp", {0.4065696597, 0.7788007831, 1, 1.6487212707}},
      {"exp2", {0.5358867313, 0.8408964153, 1, 1.4142135624}},
      {"erf", {-0.7969082124, -0.2763263902, 0, 0.5204998778}}};
  for (const auto& [op, values] : expected) {
    SCOPED_TRACE(op);
    expect_near(of_floats(op, x), {4}, values);
  }
  expect_near(of_floats("acos", {1.5, -1}), {2}, {kNan, 3.1415926536});
  expect_near(of_floats("atanh", {1, -1, 2}), {3}, {kInf, -kInf, kNan});
}

TEST(Exp, OverflowsToInfinityInFp16) {
  expect_near(run_op1("exp", {{"x", f16({3}, {12, -30, kNan})}}), {3}, {kInf, 0, kNan});
}

TEST(Exp2, OfIntegers) { EXPECT_EQ(of_ints("exp2", {0, 10, -1, 31}), (Ints{1, 1024, 0, 2147483647})); }

TEST(Sqrt, NegativeIsNan) { expect_near(of_floats("sqrt", {4, -1, 0, kInf}), {4}, {2, kNan, 0, kInf}); }

TEST(Log, EpsilonDefaultsTo1e45AndVanishesInFp16) {
  expect_near(of_floats("log", {0.5, 2, 9, 0}), {4},
              {-0.6931471806, 0.6931471806, 2.1972245773, -103.2789306641});
  expect_near(run_op1("log", {{"x", f16({2}, {0, 1})}}), {2}, {-kInf, 0});
  expect_near(run_op1("log", {{"x", f32({1}, {0})}, {"epsilon", number(0.5)}}), {1}, {-0.6931471806});
}

TEST(Log, TheExactReadingKeepsTheDeclaredDefault) {
  const auto half = run_op("log", {{"x", f16({1}, {0})}}, 1, Opset::kIos15, Reading::kExact);
  ASSERT_TRUE(half.ok());
  expect_near(*(*half)[0].tensor(), {1}, {-kInf});
  const auto single = run_op("log", {{"x", f32({1}, {0})}}, 1, Opset::kIos15, Reading::kExact);
  ASSERT_TRUE(single.ok());
  expect_near(*(*single)[0].tensor(), {1}, {-103.2789299}, 1e-9);  // log(2^-149)
}

TEST(Rsqrt, EpsilonDefaultsTo1e12AndVanishesInFp16) {
  expect_near(of_floats("rsqrt", {0.5, 2, 9, 0}), {4}, {1.4142135624, 0.7071067812, 0.3333333333, 1e6});
  expect_near(run_op1("rsqrt", {{"x", f16({2}, {0, -1})}}), {2}, {kInf, kNan});
}

TEST(Inverse, EpsilonDefaultsTo1e4) {
  expect_near(of_floats("inverse", {0.5, 2, 9, 0}), {4},
              {1.9996000800, 0.4999750012, 0.1111098766, 10000.00025});
  expect_near(run_op1("inverse", {{"x", f16({1}, {0})}}), {1}, {10000}, 1e-9);
}

TEST(Inverse, EpsilonOfAnotherPrecisionOnlySinceIos17) {
  const std::vector<NamedInput> mixed = {{"x", f16({1}, {1.5})}, {"epsilon", number(0.5)}};
  expect_near(run_op1("inverse", mixed, Opset::kIos17), {1}, {0.5});
  EXPECT_FALSE(run_op("inverse", mixed).ok());
}

TEST(Round, HalvesToEven) {
  expect_near(of_floats("round", {0.5, 1.5, 2.5, -0.5, -1.5, 2.4, kInf}), {7}, {0, 2, 2, 0, -2, 2, kInf});
  expect_near(of_floats("floor", {1.5, -1.5}), {2}, {1, -2});
  expect_near(of_floats("ceil", {1.5, -1.5}), {2}, {2, -1});
}

TEST(Sign, KeepsNan) {
  expect_near(of_floats("sign", {-3, -0.0, 0, 2, kNan, -kInf}), {6}, {-1, 0, 0, 1, kNan, -1});
  EXPECT_EQ(of_ints("sign", {-7, 0, 9}), (Ints{-1, 0, 1}));
}

TEST(Square, Int32Wraps) {
  EXPECT_EQ(of_ints("square", {46341, -46341, 3}), (Ints{-2147479015, -2147479015, 9}));
  EXPECT_EQ(of_ints("abs", {-2147483648LL, -5}), (Ints{-2147483648LL, 5}));
}

TEST(Clip, BothSides) {
  expect_near(
      run_op1("clip", {{"x", f32({4}, {-5, 0.5, 5, kNan})}, {"alpha", number(-1)}, {"beta", number(2)}}), {4},
      {-1, 0.5, 2, kNan});
}

TEST(Clip, AlphaMustBeBelowBetaSinceIos17) {
  const std::vector<NamedInput> crossed = {
      {"x", f32({2}, {-5, 5})}, {"alpha", number(2)}, {"beta", number(1)}};
  expect_near(run_op1("clip", crossed), {2}, {1, 1});
  const auto result = run_op("clip", crossed, 1, Opset::kIos17);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("expected alpha < beta"), std::string::npos)
      << result.error().to_string();
}

TEST(Threshold, IsAMaximum) {
  expect_near(run_op1("threshold", {{"x", f32({3}, {-1, 0.5, 3})}, {"alpha", number(0.75)}}), {3},
              {0.75, 0.75, 3});
  expect_near(run_op1("threshold", {{"x", ints({-4, 4})}, {"alpha", integer(-2)}}), {2}, {-2, 4});
}

TEST(Cast, FloatsTowardZeroAndSaturated) {
  const Tensor out =
      run_op1("cast", {{"x", f32({6}, {2.9, -2.9, 0.5, 1e20, -kInf, kNan})}, {"dtype", text("int32")}});
  EXPECT_EQ(out.dtype(), DType::kInt32);
  EXPECT_EQ(read_ints(out), (Ints{2, -2, 0, 2147483647, -2147483648LL, 0}));
}

TEST(Cast, BoolAndHalf) {
  EXPECT_EQ(read_ints(run_op1("cast", {{"x", f32({3}, {0.25, 0, kNan})}, {"dtype", text("bool")}})),
            (Ints{1, 0, 1}));
  expect_near(run_op1("cast", {{"x", bools({2}, {1, 0})}, {"dtype", text("fp16")}}), {2}, {1, 0});
  expect_near(run_op1("cast", {{"x", f32({2}, {70000, 0.1})}, {"dtype", text("fp16")}}), {2},
              {kInf, 0.0999755859375}, 0);
}

TEST(Cast, SmallIntegersSinceIos17Wrap) {
  const std::vector<NamedInput> call = {{"x", ints({300, -1})}, {"dtype", text("uint8")}};
  EXPECT_EQ(read_ints(run_op1("cast", call, Opset::kIos17)), (Ints{44, 255}));
  const auto before = run_op("cast", call, 1, Opset::kIos16);
  ASSERT_FALSE(before.ok());
  EXPECT_NE(before.error().message.find("iOS17 adds"), std::string::npos) << before.error().to_string();
}

}  // namespace
}  // namespace wf::test
