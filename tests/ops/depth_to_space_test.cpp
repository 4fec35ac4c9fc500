// Expected numbers: reshape and transpose in NumPy.
#include <numeric>

#include "ops/pattern.h"

namespace wf::test {
namespace {

Tensor counting(Shape shape, double first = 0) {
  std::vector<double> values(static_cast<size_t>(*element_count(shape)));
  std::iota(values.begin(), values.end(), first);
  return f32(std::move(shape), std::move(values));
}

const std::vector<double> kBlockFirst = {0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15};
const std::vector<double> kChannelFirst = {0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15};

TEST(DepthToSpace, TheBlockIsOutermostInTheChannels) {
  expect_near(run_op1("depth_to_space", {{"x", counting({1, 8, 1, 2})}, {"block_size", integer(2)}}),
              {1, 2, 2, 4}, kBlockFirst);
}

TEST(SpaceToDepth, Undoes) {
  expect_near(run_op1("space_to_depth", {{"x", f32({1, 2, 2, 4}, kBlockFirst)}, {"block_size", integer(2)}}),
              {1, 8, 1, 2}, read_doubles(counting({1, 8, 1, 2})));
}

TEST(PixelShuffle, TheChannelIsOutermost) {
  expect_near(run_op1("pixel_shuffle", {{"x", counting({1, 8, 1, 2})}, {"upscale_factor", integer(2)}}),
              {1, 2, 2, 4}, kChannelFirst);
}

TEST(PixelUnshuffle, Undoes) {
  expect_near(
      run_op1("pixel_unshuffle",
              {{"x", f32({1, 2, 2, 4}, kChannelFirst)}, {"downscale_factor", of(DType::kUInt32, {}, {2})}},
              Opset::kIos16),
      {1, 8, 1, 2}, read_doubles(counting({1, 8, 1, 2})));
}

TEST(DepthToSpace, RefusesSizesThatDoNotDivide) {
  EXPECT_FALSE(run_op("depth_to_space", {{"x", counting({1, 6, 1, 2})}, {"block_size", integer(2)}}).ok());
  EXPECT_FALSE(run_op("space_to_depth", {{"x", counting({1, 1, 3, 2})}, {"block_size", integer(2)}}).ok());
  EXPECT_FALSE(run_op("pixel_shuffle", {{"x", counting({1, 4, 1, 1})}, {"upscale_factor", integer(0)}}).ok());
  EXPECT_FALSE(run_op("pixel_shuffle", {{"x", counting({4, 1, 1})}, {"upscale_factor", integer(2)}}).ok());
}

TEST(BatchToSpace, InterleavesSamplesAndCrops) {
  expect_near(run_op1("batch_to_space", {{"x", counting({6, 1, 3, 2})},
                                         {"block_shape", ints({2, 3})},
                                         {"crops", i32({2, 2}, {1, 2, 0, 1})}}),
              {1, 1, 3, 5}, {18, 24, 30, 19, 25, 2, 8, 14, 3, 9, 20, 26, 32, 21, 27});
  EXPECT_FALSE(run_op("batch_to_space", {{"x", counting({5, 1, 3, 2})},
                                         {"block_shape", ints({2, 3})},
                                         {"crops", i32({2, 2}, {0, 0, 0, 0})}})
                   .ok());
}

TEST(SpaceToBatch, PadsWithZeros) {
  expect_near(run_op1("space_to_batch", {{"x", counting({2, 1, 2, 3}, 1)},
                                         {"block_shape", ints({2, 3})},
                                         {"paddings", i32({2, 2}, {1, 1, 1, 2})}}),
              {12, 1, 2, 2}, {0, 0, 0, 6, 0, 0, 0, 12, 0, 0, 4, 0, 0, 0, 10, 0, 0, 0, 5, 0, 0, 0, 11, 0,
                              0, 3, 0, 0, 0, 9, 0, 0,  1, 0, 0, 0, 7, 0, 0,  0, 2, 0, 0, 0, 8, 0, 0,  0});
  EXPECT_FALSE(run_op("space_to_batch", {{"x", counting({1, 1, 2, 3})},
                                         {"block_shape", ints({2, 3})},
                                         {"paddings", i32({2, 2}, {1, 0, 0, 0})}})
                   .ok());
}

}  // namespace
}  // namespace wf::test
