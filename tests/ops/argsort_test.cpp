// Order along an axis. Expected numbers: NumPy's argsort of x (ascending) and of -x.
#include "support/support.h"

namespace wf::test {
namespace {

constexpr double kNan = NAN;

Tensor output(Result<std::vector<Datum>> outputs, size_t i) {
  if (!outputs) {
    ADD_FAILURE() << outputs.error().to_string();
    return {};
  }
  return *(*outputs)[i].tensor();
}

TEST(Argsort, DescendsByDefault) {
  const Tensor x = f32({4}, {3, kNan, 1, 2});
  expect_near(run_op1("argsort", {{"x", x}}), {4}, {0, 3, 2, 1});
  expect_near(run_op1("argsort", {{"x", x}, {"ascending", flag(true)}}), {4}, {2, 3, 0, 1});
}

TEST(Argsort, EqualValuesKeepTheirOrder) {
  expect_near(run_op1("argsort", {{"x", ints({1, 2, 1, 2})}}), {4}, {1, 3, 0, 2});
}

TEST(Argsort, AlongTheFirstAxis) {
  expect_near(run_op1("argsort", {{"x", f32({3, 2}, {1, 6, 5, 4, 3, 2})}, {"axis", integer(0)}}), {3, 2},
              {1, 0, 2, 1, 0, 2});
}

TEST(Topk, LargestFirstByDefault) {
  const std::vector<NamedInput> call = {{"x", f32({2, 4}, {3, 1, 4, 1, 5, 9, 2, 6})}, {"k", integer(2)}};
  const auto result = run_op("topk", call, 2);
  expect_near(output(result, 0), {2, 2}, {4, 3, 9, 6});
  expect_near(output(result, 1), {2, 2}, {2, 0, 1, 3});
}

TEST(Topk, SmallestAlongAMiddleAxis) {
  const Tensor x = f32({2, 3, 2}, {1, 9, 3, 8, 2, 7, 4, 1, 6, 2, 5, 3});
  const auto result =
      run_op("topk", {{"x", x}, {"k", integer(2)}, {"axis", integer(1)}, {"ascending", flag(true)}}, 2);
  expect_near(output(result, 0), {2, 2, 2}, {1, 7, 2, 8, 4, 1, 5, 2});
  expect_near(output(result, 1), {2, 2, 2}, {0, 2, 2, 1, 0, 0, 2, 1});
}

TEST(Topk, KDefaultsToOne) { expect_near(output(run_op("topk", {{"x", ints({3, 7, 5})}}, 2), 0), {1}, {7}); }

TEST(Topk, Ios16CanLeaveTheIndicesOut) {
  const std::vector<NamedInput> call = {{"x", ints({3, 7, 5})}, {"return_indices", flag(false)}};
  expect_near(output(run_op("topk", call, 1, Opset::kIos16), 0), {1}, {7});
  EXPECT_FALSE(run_op("topk", call, 1, Opset::kIos15).ok());
}

TEST(Topk, Ios17TakesAllAndChoosesTheIndexType) {
  const auto result = run_op("topk",
                             {{"x", of(DType::kUInt8, {3}, {3, 250, 5})},
                              {"k", integer(-1)},
                              {"output_indices_dtype", text("uint16")}},
                             2, Opset::kIos17);
  const Tensor values = output(result, 0);
  EXPECT_EQ(values.dtype(), DType::kUInt8);
  expect_near(values, {3}, {250, 5, 3});
  EXPECT_EQ(output(result, 1).dtype(), DType::kUInt16);
}

TEST(Topk, RefusesMoreThanThereAre) {
  const auto result = run_op("topk", {{"x", ints({1, 2})}, {"k", integer(3)}}, 2);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("k is 3, expected 0 to 2"), std::string::npos)
      << result.error().to_string();
}

}  // namespace
}  // namespace wf::test
