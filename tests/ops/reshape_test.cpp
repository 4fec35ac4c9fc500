// reshape, flatten2d, expand_dims, squeeze: the same elements under another shape.
#include "support/support.h"

namespace wf::test {
namespace {

Shape reshaped(Shape from, std::vector<int64_t> wanted, Opset opset) {
  return run_op1("reshape", {{"x", iota(std::move(from))}, {"shape", ints(std::move(wanted))}}, opset)
      .shape();
}

TEST(Reshape, WorksOutOneSize) {
  expect_near(run_op1("reshape", {{"x", iota({2, 3})}, {"shape", ints({3, -1})}}), {3, 2},
              {0, 1, 2, 3, 4, 5});
  EXPECT_EQ(reshaped({1}, {}, Opset::kIos15), Shape{});
}

TEST(Reshape, SharesTheBytes) {
  const Tensor x = iota({2, 3});
  EXPECT_EQ(run_op1("reshape", {{"x", x}, {"shape", ints({6})}}).bytes().data(), x.bytes().data());
}

// Up to iOS16 a zero copies the size at the same index, and the ranks must be equal.
TEST(Reshape, ZeroCopiesTheSameIndexUpToIos16) {
  EXPECT_EQ(reshaped({4, 3, 2}, {0, -1, 1}, Opset::kIos15), (Shape{4, 6, 1}));
  EXPECT_EQ(reshaped({4, 3, 2}, {0, 3, 0}, Opset::kIos16), (Shape{4, 3, 2}));
}
TEST(Reshape, ZeroNeedsEqualRanksUpToIos16) {
  expect_error(run_op("reshape", {{"x", iota({2, 50})}, {"shape", ints({1, 0, -1, 0})}}, 1, Opset::kIos16),
               "needs the input's rank 2");
}
// From iOS17 zeros are aligned to the right, and 1 where the input has no such dimension.
TEST(Reshape, ZeroIsAlignedToTheRightFromIos17) {
  EXPECT_EQ(reshaped({2, 50}, {1, 0, -1, 0}, Opset::kIos17), (Shape{1, 1, 2, 50}));
  EXPECT_EQ(reshaped({4, 3, 2}, {-1, 0}, Opset::kIos17), (Shape{12, 2}));
}

TEST(Reshape, RefusesWhatDoesNotFit) {
  const auto attempt = [](std::vector<int64_t> shape) {
    return run_op("reshape", {{"x", iota({2, 3})}, {"shape", ints(std::move(shape))}});
  };
  expect_error(attempt({4, 2}), "cannot reshape");
  expect_error(attempt({4, -1}), "cannot reshape");
  expect_error(attempt({-1, -1}), "more than one -1");
  expect_error(attempt({-2, 3}), "at least -1");
  expect_error(attempt(std::vector<int64_t>(40, 1)), "rank 40");
  expect_error(attempt({2147483647, 2147483647, 2147483647, 2147483647}), "more elements than fit");
  expect_error(run_op("reshape", {{"x", iota({0, 3})}, {"shape", ints({0, -1})}}), "cannot reshape");
}

TEST(Flatten2d, SplitsAtTheAxis) {
  const auto shape = [](Shape from, int64_t axis) {
    return run_op1("flatten2d", {{"x", iota(std::move(from))}, {"axis", integer(axis)}}).shape();
  };
  EXPECT_EQ(shape({2, 3, 4}, 1), (Shape{2, 12}));
  EXPECT_EQ(shape({2, 3, 4}, 0), (Shape{1, 24}));
  EXPECT_EQ(shape({2, 3, 4}, -1), (Shape{6, 4}));
  expect_error(run_op("flatten2d", {{"x", iota({2})}, {"axis", integer(3)}}), "axis 3");
}

TEST(ExpandDims, AxesIndexTheOutput) {
  const auto shape = [](Shape from, std::vector<int64_t> axes) {
    return run_op1("expand_dims", {{"x", iota(std::move(from))}, {"axes", ints(std::move(axes))}}).shape();
  };
  EXPECT_EQ(shape({2, 3}, {1}), (Shape{2, 1, 3}));
  EXPECT_EQ(shape({2, 3}, {-1, 0}), (Shape{1, 2, 3, 1}));
  EXPECT_EQ(shape({}, {0}), (Shape{1}));
  expect_error(run_op("expand_dims", {{"x", iota({2})}, {"axes", ints({2})}}), "axis 2 is outside rank 2");
  expect_error(run_op("expand_dims", {{"x", iota({2})}, {"axes", ints({0, -3})}}), "named twice");
}

TEST(Squeeze, DropsOnlyOnes) {
  const auto shape = [](Shape from, std::vector<int64_t> axes) {
    return run_op1("squeeze", {{"x", iota(std::move(from))}, {"axes", ints(std::move(axes))}}).shape();
  };
  EXPECT_EQ(run_op1("squeeze", {{"x", iota({1, 3, 1})}}).shape(), (Shape{3}));
  EXPECT_EQ(run_op1("squeeze", {{"x", iota({1, 1})}}).shape(), Shape{});
  EXPECT_EQ(shape({1, 3, 1}, {-1}), (Shape{1, 3}));
  EXPECT_EQ(shape({2, 1, 4}, {0, 1}), (Shape{2, 4})) << "an axis of another size is left alone";
  EXPECT_EQ(shape({0, 1}, {0}), (Shape{0, 1}));
}

TEST(Squeeze, TakesShortIntegersFromIos17) {
  const Tensor x = of(DType::kInt16, {1, 2}, {-7, 300});
  expect_near(run_op1("squeeze", {{"x", x}}, Opset::kIos17), {2}, {-7, 300});
  expect_error(run_op("squeeze", {{"x", x}}, 1, Opset::kIos16), "int16");
}

}  // namespace
}  // namespace wf::test
