// slice_by_index, slice_by_size, slice_update. Expected numbers are NumPy's.
#include "support/support.h"

namespace wf::test {
namespace {

std::vector<NamedInput> slice(std::vector<int64_t> begin, std::vector<int64_t> end) {
  return {{"x", iota({3, 4})}, {"begin", ints(std::move(begin))}, {"end", ints(std::move(end))}};
}
Tensor mask(std::vector<int64_t> flags) {
  const auto count = static_cast<int64_t>(flags.size());
  return bools({count}, std::move(flags));
}

TEST(SliceByIndex, ClampsLikePython) {
  expect_near(run_op1("slice_by_index", slice({-9, 2}, {2, 99})), {2, 2}, {2, 3, 6, 7});
  EXPECT_EQ(run_op1("slice_by_index", slice({2, 0}, {1, 4})).shape(), (Shape{0, 4}));
}
TEST(SliceByIndex, NegativeStrides) {
  auto inputs = slice({1, 3}, {-5, 0});
  inputs.push_back({"stride", ints({-1, -2})});
  expect_near(run_op1("slice_by_index", inputs), {2, 2}, {7, 5, 3, 1});
}
TEST(SliceByIndex, MasksAreAbsentBounds) {
  auto inputs = slice({0, 1}, {0, 0});
  inputs.push_back({"stride", ints({-2, 1})});
  inputs.push_back({"begin_mask", mask({1, 0})});
  inputs.push_back({"end_mask", mask({1, 1})});
  expect_near(run_op1("slice_by_index", inputs), {2, 3}, {9, 10, 11, 1, 2, 3});
}
TEST(SliceByIndex, SqueezeTakesOneElement) {
  auto inputs = slice({-1, 1}, {0, 3});
  inputs.push_back({"squeeze_mask", mask({1, 0})});
  expect_near(run_op1("slice_by_index", inputs), {2}, {9, 10});
  inputs = slice({2, 3}, {0, 0});
  inputs.push_back({"squeeze_mask", mask({1, 1})});
  expect_near(run_op1("slice_by_index", inputs), {}, {11});
}
TEST(SliceByIndex, HugeStridesAndBoundsAreSafe) {
  auto inputs = slice({-2147483648, 2147483647}, {2147483647, -2147483648});
  inputs.push_back({"stride", ints({2147483647, -2147483648})});
  expect_near(run_op1("slice_by_index", inputs), {1, 1}, {3});
}
TEST(SliceByIndex, RefusesBadCalls) {
  auto inputs = slice({0, 0}, {3, 4});
  inputs.push_back({"stride", ints({0, 1})});
  expect_error(run_op("slice_by_index", inputs), "stride of dimension 0 is 0");
  expect_error(run_op("slice_by_index", slice({0}, {3, 4})), "'begin' has 1 entries");
  inputs = slice({3, 0}, {0, 0});
  inputs.push_back({"squeeze_mask", mask({1, 0})});
  expect_error(run_op("slice_by_index", inputs), "index 3 of dimension 0 is outside its size 3");
}

TEST(SliceBySize, TakesABlock) {
  const auto block = [](std::vector<int64_t> begin, std::vector<int64_t> size) {
    return run_op("slice_by_size",
                  {{"x", iota({3, 4})}, {"begin", ints(std::move(begin))}, {"size", ints(std::move(size))}});
  };
  const auto good = block({1, -2}, {-1, 1});
  WF_ASSERT_OK(good);
  expect_near(*(*good)[0].tensor(), {2, 1}, {6, 10});
  expect_error(block({1, 0}, {3, 1}), "3 elements from 1 do not lie in dimension 0 of size 3");
  expect_error(block({-4, 0}, {1, 1}), "do not lie");
  expect_error(block({0, 0}, {-2, 1}), "at least -1");
  expect_error(block({0}, {1, 1}), "'begin' has shape [1]");
}

TEST(SliceUpdate, ReplacesTheSlice) {
  const std::vector<NamedInput> inputs = {
      {"x", iota({3, 4})},       {"update", f32({2, 2}, {100, 101, 102, 103})},
      {"begin", ints({0, 1})},   {"end", ints({0, 3})},
      {"stride", ints({-2, 1})}, {"begin_mask", mask({1, 0})},
      {"end_mask", mask({1, 0})}};
  expect_near(run_op1("slice_update", inputs, Opset::kIos18), {3, 4},
              {0, 102, 103, 3, 4, 5, 6, 7, 8, 100, 101, 11});
  expect_error(run_op("slice_update", inputs, 1, Opset::kIos17), "not known");
}
TEST(SliceUpdate, LeavesItsInputAlone) {
  const Tensor x = iota({2, 2});
  const std::vector<NamedInput> inputs = {{"x", x},
                                          {"update", f32({2}, {7, 8})},
                                          {"begin", ints({1, 0})},
                                          {"end", ints({0, 2})},
                                          {"squeeze_mask", mask({1, 0})}};
  expect_near(run_op1("slice_update", inputs, Opset::kIos18), {2, 2}, {0, 1, 7, 8});
  expect_near(x, {2, 2}, {0, 1, 2, 3});
}
TEST(SliceUpdate, RefusesAnotherShape) {
  const std::vector<NamedInput> inputs = {
      {"x", iota({2, 2})}, {"update", iota({3})}, {"begin", ints({1, 0})}, {"end", ints({2, 2})}};
  expect_error(run_op("slice_update", inputs, 1, Opset::kIos18), "'update' has shape [3], the slice [1, 2]");
}

}  // namespace
}  // namespace wf::test
