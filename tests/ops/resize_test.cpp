// Expected numbers: the grid points that the format's documentation and numeric tests give for [0, 1], and
// separable interpolation with numpy.interp.
#include "ops/pattern.h"

namespace wf::test {
namespace {

Tensor bilinear(Tensor x, int64_t height, int64_t width, std::string mode) {
  return run_op1("resize_bilinear", {{"x", std::move(x)},
                                     {"target_size_height", integer(height)},
                                     {"target_size_width", integer(width)},
                                     {"sampling_mode", text(std::move(mode))}});
}

TEST(ResizeBilinear, TheFiveModesOnTwoElements) {
  const Tensor x = f32({1, 1, 2}, {0, 1});
  expect_near(bilinear(x, 1, 5, "STRICT_ALIGN_CORNERS"), {1, 1, 5}, {0, 0.25, 0.5, 0.75, 1});
  expect_near(bilinear(x, 1, 5, "ALIGN_CORNERS"), {1, 1, 5}, {0, 0.25, 0.5, 0.75, 1});
  expect_near(bilinear(x, 1, 5, "DEFAULT"), {1, 1, 5}, {0, 0.4, 0.8, 1, 1});
  expect_near(bilinear(x, 1, 5, "OFFSET_CORNERS"), {1, 1, 5}, {0.1, 0.3, 0.5, 0.7, 0.9});
  expect_near(bilinear(x, 1, 5, "UNALIGN_CORNERS"), {1, 1, 5}, {0, 0.1, 0.5, 0.9, 1});
}

TEST(ResizeBilinear, OneOutputElement) {
  const Tensor x = f32({1, 1, 2}, {0, 1});
  expect_near(bilinear(x, 1, 1, "STRICT_ALIGN_CORNERS"), {1, 1, 1}, {0});
  expect_near(bilinear(x, 1, 1, "ALIGN_CORNERS"), {1, 1, 1}, {0.5});
  expect_near(bilinear(x, 1, 1, "DEFAULT"), {1, 1, 1}, {0});
}

TEST(ResizeBilinear, TwoDimensions) {
  expect_near(bilinear(pattern_x({1, 3, 4}), 5, 3, "UNALIGN_CORNERS"), {1, 5, 3},
              {-3.833333333, 0, 3.833333333, -2.166666667, 0.2, 2.566666667, 0.333333333, 0.5, 0.666666667,
               -1.566666667, 0.8, -2.333333333, -2.833333333, 1, -4.333333333});
  expect_near(bilinear(pattern_x({1, 3, 4}), 2, 6, "DEFAULT"), {1, 2, 6},
              {-5, -0.333333333, 0.666666667, -2, 2.666666667, 5, -1.5, -0.5, 0.5, 1.5, -1.166666667, -2.5});
}

TEST(ResizeBilinear, AnElementHitExactlyDoesNotMixItsNeighbour) {
  expect_near(bilinear(f32({1, 1, 3}, {1, INFINITY, 2}), 1, 3, "STRICT_ALIGN_CORNERS"), {1, 1, 3},
              {1, INFINITY, 2});
}

TEST(ResizeNearestNeighbor, TakesHalfPixelCentres) {
  const auto width3 = [](int64_t width, std::vector<double> x) {
    const auto count = static_cast<int64_t>(x.size());
    return run_op1("resize_nearest_neighbor", {{"x", f32({1, 1, count}, std::move(x))},
                                               {"target_size_height", integer(1)},
                                               {"target_size_width", integer(width)}});
  };
  expect_near(width3(3, {1, 2}), {1, 1, 3}, {1, 2, 2});
  expect_near(width3(2, {1, 2, 3, 4, 5}), {1, 1, 2}, {2, 4});
}

std::vector<NamedInput> resize(Tensor x, std::vector<int64_t> shape, int64_t dims,
                               std::string mode = "LINEAR", std::string sampling = "DEFAULT") {
  return {{"x", std::move(x)},
          {"shape", ints(std::move(shape))},
          {"resized_dims", of(DType::kUInt32, {}, {static_cast<double>(dims)})},
          {"interpolation_mode", text(std::move(mode))},
          {"sampling_mode", text(std::move(sampling))}};
}

TEST(Resize, TakesTheLastEntriesAndZeroKeepsASize) {
  expect_near(run_op1("resize", resize(f32({1, 1, 1, 2}, {0, 1}), {3, 1, 5}, 2), Opset::kIos17), {1, 1, 1, 5},
              {0, 0.4, 0.8, 1, 1});
  expect_near(run_op1("resize", resize(f32({1, 1, 1, 2, 1}, {-6, 9}), {1, 0, 0, 0}, 3), Opset::kIos17),
              {1, 1, 1, 2, 1}, {-6, 9});
  expect_near(run_op1("resize", resize(pattern_x({2, 3}), {7, 7}, 0), Opset::kIos17), {2, 3},
              {-5, 2, -2, 5, 1, -3});
}

TEST(Resize, NearestNeighbor) {
  expect_near(
      run_op1("resize", resize(f32({1, 2, 1}, {-6, 9}), {3, 2}, 2, "NEAREST_NEIGHBOR"), Opset::kIos17),
      {1, 3, 2}, {-6, -6, 9, 9, 9, 9});
  EXPECT_EQ(run_op1("resize", resize(i32({2}, {3, 4}), {4}, 1, "NEAREST_NEIGHBOR"), Opset::kIos17).dtype(),
            DType::kInt32);
}

TEST(Resize, ThreeDimensions) {
  expect_near(run_op1("resize", resize(pattern_x({2, 2, 2}), {3, 3, 3}, 3, "LINEAR", "STRICT_ALIGN_CORNERS"),
                      Opset::kIos17),
              {3, 3, 3}, {-5, -1.5, 2,    -3.5, 0, 3.5, -2, 1.5, 5,   -2,   -1.25, -0.5, -0.5, 0.25,
                          1,  1,    1.75, 2.5,  1, -1,  -3, 2.5, 0.5, -1.5, 4,     2,    0});
}

TEST(Resize, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(run_op("resize", resize(pattern_x({2, 3}), {1, 1, 1}, 1), 1, Opset::kIos17).ok());
  EXPECT_FALSE(run_op("resize", resize(pattern_x({2, 3}), {4}, 2), 1, Opset::kIos17).ok());
  EXPECT_FALSE(run_op("resize", resize(pattern_x({2, 3}), {-4}, 1), 1, Opset::kIos17).ok());
  EXPECT_FALSE(run_op("resize", resize(pattern_x({2, 3}), {4}, 1, "CUBIC"), 1, Opset::kIos17).ok());
  EXPECT_FALSE(
      run_op("resize", resize(pattern_x({2, 3}), {4}, 1, "LINEAR", "CORNERS"), 1, Opset::kIos17).ok());
  EXPECT_FALSE(
      run_op("resize_bilinear", {{"x", pattern_x({1, 2, 3})}, {"target_size_height", integer(0)}}).ok());
}

}  // namespace
}  // namespace wf::test
