// Expected numbers: NumPy.
#include "support/support.h"

namespace wf::test {
namespace {

constexpr double kNan = NAN;
constexpr double kInf = INFINITY;
constexpr int64_t kMin32 = -2147483648LL;
constexpr int64_t kMax32 = 2147483647;

Tensor floats(std::string_view op, std::vector<double> x, std::vector<double> y) {
  const auto count = static_cast<int64_t>(x.size());
  return run_op1(op, {{"x", f32({count}, std::move(x))}, {"y", f32({count}, std::move(y))}});
}
std::vector<int64_t> integers(std::string_view op, std::vector<int64_t> x, std::vector<int64_t> y) {
  return read_ints(run_op1(op, {{"x", ints(std::move(x))}, {"y", ints(std::move(y))}}));
}
using Ints = std::vector<int64_t>;

TEST(Mul, WrapsIntegersAndOverflowsFp16) {
  EXPECT_EQ(integers("mul", {65536, 46341, -3}, {65536, 46341, 5}), (Ints{0, -2147479015, -15}));
  expect_near(run_op1("mul", {{"x", f16({1}, {65504})}, {"y", f16({1}, {2})}}), {1}, {kInf});
}

TEST(Sub, Wraps) { EXPECT_EQ(integers("sub", {kMin32, 3}, {1, 5}), (Ints{kMax32, -2})); }

TEST(Broadcast, EveryShapeOfOperands) {
  const Tensor column = f32({2, 1}, {10, 20});
  expect_near(run_op1("sub", {{"x", column}, {"y", f32({3}, {1, 2, 3})}}), {2, 3}, {9, 8, 7, 19, 18, 17});
  expect_near(run_op1("sub", {{"x", f32({}, {1})}, {"y", column}}), {2, 1}, {-9, -19});
  // [2, 1, 2] and [3, 1]: neither is whole in any dimension but the outermost.
  expect_near(run_op1("sub", {{"x", f32({2, 1, 2}, {10, 20, 30, 40})}, {"y", f32({3, 1}, {1, 2, 3})}}),
              {2, 3, 2}, {9, 19, 8, 18, 7, 17, 29, 39, 28, 38, 27, 37});
  // A whole operand beside one that repeats for each channel.
  expect_near(run_op1("sub", {{"x", f32({1, 2, 1, 2}, {1, 2, 3, 4})}, {"y", f32({2, 1, 1}, {1, 2})}}),
              {1, 2, 1, 2}, {0, 1, 1, 2});
  expect_near(run_op1("sub", {{"x", f32({0, 3}, {})}, {"y", f32({3}, {1, 2, 3})}}), {0, 3}, {});
}

TEST(Broadcast, RunsLongerThanOneChunk) {
  const int64_t size = 10007;
  std::vector<double> x(static_cast<size_t>(2 * size)), expected;
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i % 251);
  for (size_t i = 0; i < x.size(); ++i) expected.push_back(x[i] - (i < static_cast<size_t>(size) ? 5 : 7));
  expect_near(run_op1("sub", {{"x", f32({2, size}, x)}, {"y", f32({2, 1}, {5, 7})}}), {2, size}, expected);
}

TEST(Maximum, NanPropagatesFromEitherSide) {
  expect_near(floats("maximum", {1, kNan, 1, -kInf}, {2, 1, kNan, 0}), {4}, {2, kNan, kNan, 0});
  expect_near(floats("minimum", {1, kNan, 1, -kInf}, {2, 1, kNan, 0}), {4}, {1, kNan, kNan, -kInf});
  EXPECT_EQ(integers("maximum", {-3, 4}, {2, kMin32}), (Ints{2, 4}));
}

TEST(RealDiv, FloatsAndIntegers) {
  expect_near(floats("real_div", {1, -1, 0, 7}, {0, 0, 0, 2}), {4}, {kInf, -kInf, kNan, 3.5});
  const Tensor quotient = run_op1("real_div", {{"x", ints({7, -7, 1, -1, 0})}, {"y", ints({2, 2, 0, 0, 0})}});
  EXPECT_EQ(quotient.dtype(), DType::kInt32);
  EXPECT_EQ(read_ints(quotient), (Ints{3, -3, kMax32, kMin32, 0}));
}

TEST(FloorDiv, TowardMinusInfinity) {
  expect_near(floats("floor_div", {7, -7, 7, -7, 5.5, -5.5}, {3, 3, -3, -3, 2, 2}), {6},
              {2, -3, -3, 2, 2, -3});
  expect_near(floats("floor_div", {kInf, 5, -5, 1, -1}, {2, kInf, kInf, 0, 0}), {5},
              {kNan, 0, -1, kInf, -kInf});
  EXPECT_EQ(integers("floor_div", {7, -7, 7, -7, 5, kMin32}, {3, 3, -3, -3, 0, -1}),
            (Ints{2, -3, -3, 2, 0, kMin32}));
}

TEST(FloorDiv, OfTheTrueQuotient) {  // fp32 rounds 1 / 0.1 to 10, but its 0.1 is a little more than a tenth
  expect_near(floats("floor_div", {1}, {0.1}), {1}, {9});
}

TEST(Mod, TakesTheSignOfTheDivisor) {
  expect_near(floats("mod", {7, -7, 7, -7, 5.5, -5.5}, {3, 3, -3, -3, 2, 2}), {6}, {1, 2, -2, -1, 1.5, 0.5});
  expect_near(floats("mod", {kInf, 5, -5, 1}, {2, kInf, kInf, 0}), {4}, {kNan, 5, kInf, kNan});
  EXPECT_EQ(integers("mod", {7, -7, 7, -7, 5}, {3, 3, -3, -3, 0}), (Ints{1, 2, -2, -1, 0}));
}

TEST(Pow, FloatsAndIntegers) {
  expect_near(floats("pow", {2, -2, -8, 0}, {0.5, 3, 1.0 / 3, 0}), {4}, {1.4142135624, -8, kNan, 1});
  EXPECT_EQ(integers("pow", {3, -2, 7, 2, 0}, {4, 3, 12, 31, 0}), (Ints{81, -8, 956385313, kMin32, 1}));
  EXPECT_EQ(integers("pow", {2, 1, -1, -1}, {-1, -5, -2, -3}), (Ints{0, 1, 1, -1}));
}

TEST(Comparisons, NanIsUnequalToEverything) {
  const auto compare = [](std::string_view op) {
    const Tensor out = floats(op, {1, 2, 3, kNan}, {2, 2, 2, kNan});
    EXPECT_EQ(out.dtype(), DType::kBool);
    return read_ints(out);
  };
  EXPECT_EQ(compare("equal"), (Ints{0, 1, 0, 0}));
  EXPECT_EQ(compare("not_equal"), (Ints{1, 0, 1, 1}));
  EXPECT_EQ(compare("greater"), (Ints{0, 0, 1, 0}));
  EXPECT_EQ(compare("greater_equal"), (Ints{0, 1, 1, 0}));
  EXPECT_EQ(compare("less"), (Ints{1, 0, 0, 0}));
  EXPECT_EQ(compare("less_equal"), (Ints{1, 1, 0, 0}));
}

TEST(Comparisons, Int32ExactlyAtItsEnds) {
  EXPECT_EQ(integers("equal", {kMax32, kMax32}, {kMax32, kMax32 - 1}), (Ints{1, 0}));
}

TEST(Comparisons, RefuseBool) {
  EXPECT_FALSE(run_op("equal", {{"x", bools({1}, {1})}, {"y", bools({1}, {1})}}).ok());
}

TEST(Logical, TruthTables) {
  const auto table = [](std::string_view op) {
    return read_ints(run_op1(op, {{"x", bools({4}, {0, 0, 1, 1})}, {"y", bools({4}, {0, 1, 0, 1})}}));
  };
  EXPECT_EQ(table("logical_and"), (Ints{0, 0, 0, 1}));
  EXPECT_EQ(table("logical_or"), (Ints{0, 1, 1, 1}));
  EXPECT_EQ(table("logical_xor"), (Ints{0, 1, 1, 0}));
  EXPECT_EQ(read_ints(run_op1("logical_not", {{"x", bools({2}, {0, 1})}})), (Ints{1, 0}));
}

TEST(Select, BroadcastsAllThree) {
  expect_near(
      run_op1("select", {{"cond", bools({2, 1}, {1, 0})}, {"a", f32({3}, {1, 2, 3})}, {"b", f32({}, {-1})}}),
      {2, 3}, {1, 2, 3, -1, -1, -1});
  expect_near(run_op1("select", {{"cond", flag(false)}, {"a", i32({2}, {1, 2})}, {"b", i32({2}, {3, 4})}}),
              {2}, {3, 4});
}

TEST(Select, NanOfTheOtherSideDoesNotLeak) {
  expect_near(run_op1("select",
                      {{"cond", bools({2}, {1, 0})}, {"a", f32({2}, {1, kNan})}, {"b", f32({2}, {kNan, 2})}}),
              {2}, {1, 2});
}

}  // namespace
}  // namespace wf::test
