// Expected numbers: those of the format's numeric tests on the image 1 ... 16, and hand calculation.
#include <numeric>

#include "ops/pattern.h"

namespace wf::test {
namespace {

Tensor image() {
  std::vector<double> pixels(16);
  std::iota(pixels.begin(), pixels.end(), 1.0);
  return f32({1, 1, 4, 4}, std::move(pixels));
}

std::vector<NamedInput> crops(Tensor roi, int64_t size, bool normalized, std::string mode = "ALIGN_CORNERS") {
  return {{"x", image()},
          {"roi", std::move(roi)},
          {"target_height", integer(size)},
          {"target_width", integer(size)},
          {"normalized_coordinates", flag(normalized)},
          {"sampling_mode", text(std::move(mode))}};
}

TEST(Crop, CutsRowsAndColumns) {
  expect_near(run_op1("crop", {{"x", image()}, {"crop_height", ints({1, 2})}, {"crop_width", ints({2, 0})}}),
              {1, 1, 1, 2}, {7, 8});
  EXPECT_FALSE(
      run_op("crop", {{"x", image()}, {"crop_height", ints({3, 2})}, {"crop_width", ints({0, 0})}}).ok());
  EXPECT_FALSE(
      run_op("crop", {{"x", image()}, {"crop_height", ints({-1, 2})}, {"crop_width", ints({0, 0})}}).ok());
}

TEST(CropResize, BoxesOfPixels) {
  const Tensor roi = f32({1, 1, 4, 1, 1}, {1, 1, 2, 2});
  expect_near(run_op1("crop_resize", crops(roi, 2, false)), {1, 1, 1, 2, 2}, {6, 7, 10, 11});
  expect_near(run_op1("crop_resize", crops(roi, 1, false)), {1, 1, 1, 1, 1}, {8.5});
  expect_near(run_op1("crop_resize", crops(roi, 4, false)), {1, 1, 1, 4, 4},
              {6, 19. / 3, 20. / 3, 7, 22. / 3, 23. / 3, 8, 25. / 3, 26. / 3, 9, 28. / 3, 29. / 3, 10,
               31. / 3, 32. / 3, 11});
}

TEST(CropResize, BackwardBoxes) {
  expect_near(run_op1("crop_resize", crops(f32({1, 1, 4, 1, 1}, {2, 2, 1, 1}), 2, false)), {1, 1, 1, 2, 2},
              {11, 10, 7, 6});
}

TEST(CropResize, NormalizedBoxWithImageIndex) {
  expect_near(run_op1("crop_resize", crops(f32({1, 1, 5, 1, 1}, {0, 0, 0, 1. / 3, 1. / 3}), 2, true)),
              {1, 1, 1, 2, 2}, {1, 2, 5, 6}, 1e-5);
  EXPECT_FALSE(run_op("crop_resize", crops(f32({1, 1, 5, 1, 1}, {1, 0, 0, 1, 1}), 2, true)).ok());
  EXPECT_FALSE(run_op("crop_resize", crops(f32({1, 1, 5, 1, 1}, {NAN, 0, 0, 1, 1}), 2, true)).ok());
}

TEST(CropResize, WithoutAnIndexEveryImageIsCropped) {
  const auto out = run_op1(
      "crop_resize", {{"x", f32({2, 1, 1, 2}, {1, 2, 3, 4})}, {"roi", f32({1, 1, 4, 1, 1}, {0, 1, 0, 1})}});
  expect_near(out, {1, 2, 1, 1, 1}, {2, 4});
}

TEST(CropResize, CentreAndSizeWidthFirstWithScale) {  // centre (w 3, h 2), size (w 2, h 4), halved: rows
                                                      // 0..2, columns 1..2
  auto inputs = crops(f32({1, 1, 4, 1, 1}, {3, 2, 2, 4}), 2, false, "STRICT_ALIGN_CORNERS");
  inputs.emplace_back("box_coordinate_mode", text("CENTER_SIZE_WIDTH_FIRST"));
  inputs.emplace_back("spatial_scale", number(0.5));
  expect_near(run_op1("crop_resize", inputs), {1, 1, 1, 2, 2}, {2, 3, 10, 11});
}

std::vector<NamedInput> boxes_ios17(double pad_value) {
  return {{"x", image()},
          {"boxes", f32({3, 4}, {0.1, 0.3, 1.3, 1.0, 0.5, 1.8, 1.0, 0.3, 0.0, 0.4, 0.6, 0.7})},
          {"box_indices", ints({0, 0, 0})},
          {"target_height", integer(2)},
          {"target_width", integer(2)},
          {"normalized_coordinates", flag(true)},
          {"sampling_mode", text("ALIGN_CORNERS")},
          {"pad_value", number(pad_value)}};
}

TEST(CropResize, APointOutsideIsThePaddingValueEntirely) {
  expect_near(run_op1("crop_resize", boxes_ios17(10), Opset::kIos17), {3, 1, 2, 2},
              {3.1, 5.2, 10, 10, 10, 7.9, 10, 13.9, 2.2, 3.1, 9.4, 10.3}, 1e-5);
}

TEST(CropResize, Ios17NeedsAnImageForEveryBox) {
  auto inputs = boxes_ios17(0);
  inputs.erase(inputs.begin() + 2);
  EXPECT_FALSE(run_op("crop_resize", inputs, 1, Opset::kIos17).ok());
  inputs = boxes_ios17(0);
  inputs[2] = {"box_indices", ints({0, 1, 0})};
  EXPECT_FALSE(run_op("crop_resize", inputs, 1, Opset::kIos17).ok());
}

}  // namespace
}  // namespace wf::test
