// gather, gather_along_axis, gather_nd by opset. Expected numbers are NumPy's.
#include "support/support.h"

namespace wf::test {
namespace {

const Tensor kX = f32({2, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
const Tensor kIndices = i32({2, 2, 2}, {1, 0, 0, 1, 1, 0, 0, 0});

Tensor gathered(int64_t axis, int64_t batch_dims) {
  return run_op1(
      "gather",
      {{"x", kX}, {"indices", kIndices}, {"axis", integer(axis)}, {"batch_dims", integer(batch_dims)}},
      Opset::kIos16);
}

TEST(Gather, TakesAlongAnAxis) {
  expect_near(
      run_op1("gather", {{"x", iota({2, 4, 3})}, {"indices", i32({1, 2}, {2, 0})}, {"axis", integer(1)}}),
      {2, 1, 2, 3}, {6, 7, 8, 0, 1, 2, 18, 19, 20, 12, 13, 14});
  expect_near(run_op1("gather", {{"x", iota({2, 3})}, {"indices", integer(1)}}), {3}, {3, 4, 5});
}
TEST(Gather, BatchDimensionsGoInStep) {
  expect_near(gathered(1, 1), {2, 2, 2, 3},
              {4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6, 10, 11, 12, 7, 8, 9, 7, 8, 9, 7, 8, 9});
  expect_near(gathered(2, 1), {2, 2, 2, 2}, {2, 1, 1, 2, 5, 4, 4, 5, 8, 7, 7, 7, 11, 10, 10, 10});
  expect_near(gathered(2, 2), {2, 2, 2}, {2, 1, 4, 5, 8, 7, 10, 10});
}
TEST(Gather, NegativeIndicesCountFromTheEndUpToIos16) {
  const std::vector<NamedInput> inputs = {{"x", iota({3})}, {"indices", ints({-1, 0, -3})}};
  expect_near(run_op1("gather", inputs, Opset::kIos15), {3}, {2, 0, 0});
  expect_near(run_op1("gather", inputs, Opset::kIos16), {3}, {2, 0, 0});
}
TEST(Gather, NegativeIndicesAreOutOfBoundsFromIos17) {
  std::vector<NamedInput> inputs = {{"x", f32({3}, {5, 6, 7})}, {"indices", ints({-1, 0, 3})}};
  expect_near(run_op1("gather", inputs, Opset::kIos17), {3}, {0, 5, 0});
  inputs.push_back({"validate_indices", flag(true)});
  const auto result = run_op("gather", inputs, 1, Opset::kIos17);
  expect_error(result, "index -1 is outside [0, 3)");
  EXPECT_EQ(result.error().code, ErrorCode::kRuntime);
}
TEST(Gather, OutOfBoundsNeverReads) {
  expect_near(run_op1("gather", {{"x", f32({2}, {5, 6})}, {"indices", ints({2147483647, -2147483648, 1})}}),
              {3}, {0, 0, 6});
  expect_near(run_op1("gather", {{"x", iota({0, 2})}, {"indices", ints({0})}}), {1, 2}, {0, 0});
}
TEST(Gather, TakesShortIndices) {
  expect_near(
      run_op1("gather", {{"x", iota({3})}, {"indices", of(DType::kUInt16, {2}, {2, 1})}}, Opset::kIos17), {2},
      {2, 1});
}
TEST(Gather, RefusesBadCalls) {
  expect_error(run_op("gather", {{"x", iota({3})}, {"indices", integer(0)}, {"axis", integer(1)}}),
               "axis 1 is outside rank 1");
  expect_error(
      run_op("gather", {{"x", kX}, {"indices", kIndices}, {"axis", integer(1)}, {"batch_dims", integer(2)}},
             1, Opset::kIos16),
      "batch_dims is 2");
  expect_error(
      run_op(
          "gather",
          {{"x", kX}, {"indices", i32({3, 1}, {0, 0, 0})}, {"axis", integer(1)}, {"batch_dims", integer(1)}},
          1, Opset::kIos16),
      "batch dimension 0 has size 2 in x and 3");
  expect_error(run_op("gather", {{"x", kX}, {"indices", integer(0)}, {"batch_dims", integer(0)}}),
               "no parameter 'batch_dims'");
}

TEST(GatherAlongAxis, PicksPerPosition) {
  expect_near(run_op1("gather_along_axis",
                      {{"x", iota({2, 4, 3})},
                       {"indices", i32({2, 4, 2}, {2, 0, 1, 1, 0, 2, 0, 0, 2, 0, 1, 1, 0, 2, 0, 0})},
                       {"axis", integer(-1)}}),
              {2, 4, 2}, {2, 0, 4, 4, 6, 8, 9, 9, 14, 12, 16, 16, 18, 20, 21, 21});
  expect_error(run_op("gather_along_axis",
                      {{"x", iota({2, 3})}, {"indices", i32({1, 3}, {0, 0, 0})}, {"axis", integer(1)}}),
               "must be equal");
  expect_error(run_op("gather_along_axis", {{"x", iota({2, 3})}, {"indices", ints({0})}}), "must be equal");
}

TEST(GatherNd, IndexesTheLeadingDimensions) {
  expect_near(run_op1("gather_nd", {{"x", kX}, {"indices", kIndices}}), {2, 2, 3},
              {7, 8, 9, 4, 5, 6, 7, 8, 9, 1, 2, 3});
  expect_near(
      run_op1("gather_nd", {{"x", kX}, {"indices", kIndices}, {"batch_dims", integer(1)}}, Opset::kIos16),
      {2, 2}, {4, 2, 10, 7});
  expect_near(run_op1("gather_nd", {{"x", iota({2, 3})}, {"indices", i32({2, 2}, {-1, -1, 0, 5})}}), {2},
              {5, 0});
}
TEST(GatherNd, EmptyIndicesTakeEverything) {
  expect_near(run_op1("gather_nd", {{"x", iota({2})}, {"indices", i32({2, 0}, {})}}), {2, 2}, {0, 1, 0, 1});
}
TEST(GatherNd, RefusesTooDeepIndices) {
  expect_error(run_op("gather_nd", {{"x", iota({3})}, {"indices", i32({1, 2}, {0, 0})}}), "2 entries");
  expect_error(run_op("gather_nd", {{"x", iota({3})}, {"indices", integer(0)}}), "at least one dimension");
}

}  // namespace
}  // namespace wf::test
