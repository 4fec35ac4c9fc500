// Expected numbers: bilinear sums over an image continued pixel by pixel in Python, and those of the format's
// numeric tests.
#include "ops/pattern.h"

namespace wf::test {
namespace {

std::vector<NamedInput> resample(Tensor x, Tensor points, std::string sampling, std::string padding,
                                 double value, std::string coordinates, bool align) {
  return {{"x", std::move(x)},
          {"coordinates", std::move(points)},
          {"sampling_mode", text(std::move(sampling))},
          {"padding_mode", text(std::move(padding))},
          {"padding_value", number(value)},
          {"coordinates_mode", text(std::move(coordinates))},
          {"align_corners", flag(align)}};
}

TEST(Resample, TheFourPaddings) {
  const Tensor points = f32({1, 1, 5, 2}, {-0.5, 1.25, 3.75, -1.5, 5.5, 2.5, 1.5, 0.5, -3.25, 4});
  const auto at = [&](std::string padding) {
    return run_op1("resample", resample(pattern_x({1, 1, 3, 4}), points, "bilinear", std::move(padding), 2,
                                        "unnormalized", false));
  };
  expect_near(at("constant"), {1, 1, 1, 5}, {0.875, 2, 2, 0.25, 2});
  expect_near(at("border"), {1, 1, 1, 5}, {-0.25, 5, -5, 0.25, -4});
  expect_near(at("reflection"), {1, 1, 1, 5}, {-0.875, 0.5, -0.75, 0.25, 3.25});
  expect_near(at("symmetric"), {1, 1, 1, 5}, {-0.25, 2.5, 1, 0.25, 3});
}

TEST(Resample, CoordinateModes) {
  const Tensor x = f32({1, 1, 2, 2}, {11, 22, 33, 44});
  const Tensor points = f32({1, 2, 2, 2}, {-1, -2, -3.7, -1, 0, 0, 3.5, 1.2});
  expect_near(run_op1("resample",
                      resample(x, points, "bilinear", "constant", 6.17, "normalized_minus_one_to_one", true)),
              {1, 1, 2, 2}, {8.585, 6.17, 27.5, 6.17});
  expect_near(run_op1("resample", resample(x, points, "nearest", "border", -1, "unnormalized", false)),
              {1, 1, 2, 2}, {11, 11, 11, 44});
  expect_near(
      run_op1("resample", resample(x, points, "bilinear", "reflection", -1, "normalized_zero_to_one", true)),
      {1, 1, 2, 2}, {22, 36.3, 11, 34.1});
  expect_near(
      run_op1("resample", resample(x, points, "nearest", "symmetric", -1, "normalized_zero_to_one", false)),
      {1, 1, 2, 2}, {22, 33, 11, 33});
}

TEST(Resample, IntegerCoordinates) {
  const Tensor x = f32({1, 1, 2, 2}, {11, 22, 33, 44});
  const auto inputs = [&](DType dtype) {
    return resample(x, of(dtype, {1, 1, 2, 2}, {0, 0, 1, 1}), "bilinear", "border", 0, "unnormalized", true);
  };
  expect_near(run_op1("resample", inputs(DType::kInt32)), {1, 1, 1, 2}, {11, 44});
  EXPECT_FALSE(run_op("resample", inputs(DType::kUInt8)).ok());
  expect_near(run_op1("resample", inputs(DType::kUInt8), Opset::kIos17), {1, 1, 1, 2}, {11, 44});
}

TEST(Resample, PointsThatAreNoNumbers) {
  const Tensor points = f32({1, 1, 2, 2}, {NAN, 0, INFINITY, 0});
  expect_near(run_op1("resample", resample(pattern_x({1, 1, 2, 2}), points, "bilinear", "constant", 7,
                                           "unnormalized", false)),
              {1, 1, 1, 2}, {NAN, 7});
}

TEST(Affine, MapsThePixelsOfTheOutput) {
  const auto affine = [](int64_t height, int64_t width) {
    return run_op1("affine", {{"x", f32({1, 1, 2, 2}, {11, 22, 33, 44})},
                              {"transform_matrix", f32({1, 6}, {-1, -2, -3.7, -1, 3.5, 1.2})},
                              {"output_height", integer(height)},
                              {"output_width", integer(width)},
                              {"sampling_mode", text("bilinear")},
                              {"padding_mode", text("constant")},
                              {"padding_value", number(0)},
                              {"coordinates_mode", text("normalized_minus_one_to_one")},
                              {"align_corners", flag(true)}});
  };
  expect_near(affine(3, 3), {1, 1, 3, 3}, {10.7525, 2.5025, 0, 1.98, 0, 0, 0, 0, 0}, 1e-5);
  expect_near(affine(2, 5), {1, 1, 2, 5}, {10.7525, 5.94, 2.5025, 0.44, 0, 0, 0, 0, 0, 0}, 1e-5);
}

}  // namespace
}  // namespace wf::test
