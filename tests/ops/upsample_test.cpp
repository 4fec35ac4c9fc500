// Expected numbers: those of the format's documentation and numeric tests.
#include "ops/pattern.h"

namespace wf::test {
namespace {

std::vector<NamedInput> widened(std::vector<double> x, Tensor scale) {
  const auto count = static_cast<int64_t>(x.size());
  Tensor one = scale.dtype() == DType::kInt32 ? integer(1) : number(1);
  return {{"x", f32({1, 1, count}, std::move(x))},
          {"scale_factor_width", std::move(scale)},
          {"scale_factor_height", std::move(one)}};
}

TEST(UpsampleBilinear, AlignsCornersByDefault) {
  expect_near(run_op1("upsample_bilinear", widened({0, 1}, integer(3))), {1, 1, 6},
              {0, 0.2, 0.4, 0.6, 0.8, 1});
}

TEST(UpsampleBilinear, AFractionalScaleIsRecomputedFromTheSizes) {
  auto inputs = widened({0, 1}, number(2.6));
  inputs.emplace_back("align_corners", flag(false));
  expect_near(run_op1("upsample_bilinear", inputs), {1, 1, 5}, {0, 0.1, 0.5, 0.9, 1});
}

TEST(UpsampleBilinear, Ios16ChoosesPixelCentres) {
  auto inputs = widened({1, 2}, integer(3));
  inputs.emplace_back("align_corners", flag(false));
  expect_near(run_op1("upsample_bilinear", inputs, Opset::kIos16), {1, 1, 6}, {1, 1, 4. / 3, 5. / 3, 2, 2});
  inputs.emplace_back("half_pixel_centers", flag(false));
  expect_near(run_op1("upsample_bilinear", inputs, Opset::kIos16), {1, 1, 6}, {1, 4. / 3, 5. / 3, 2, 2, 2});
  EXPECT_FALSE(run_op("upsample_bilinear", inputs).ok()) << "half_pixel_centers is of iOS16";
  auto both = widened({1, 2}, integer(3));
  both.emplace_back("half_pixel_centers", flag(true));
  EXPECT_FALSE(run_op("upsample_bilinear", both, 1, Opset::kIos16).ok());
}

TEST(UpsampleNearestNeighbor, FractionalScales) {
  expect_near(run_op1("upsample_nearest_neighbor", {{"x", f32({1, 1, 3}, {1.5, -2.5, 3.5})},
                                                    {"scale_factor_height", number(3.17)},
                                                    {"scale_factor_width", number(0.67)}}),
              {1, 3, 2}, {1.5, -2.5, 1.5, -2.5, 1.5, -2.5});
  expect_near(run_op1("upsample_nearest_neighbor", widened({1.5, -2.5, 3.5}, number(1.12))), {1, 1, 3},
              {1.5, -2.5, 3.5});
  expect_near(run_op1("upsample_nearest_neighbor", widened({1, 2}, integer(2))), {1, 1, 4}, {1, 1, 2, 2});
}

TEST(Upsample, RefusesScalesThatLeaveNothing) {
  for (const double scale : {0.0, -1.0, 0.3, 1e30, static_cast<double>(NAN)}) {
    EXPECT_FALSE(run_op("upsample_nearest_neighbor", widened({1, 2}, number(scale))).ok()) << scale;
  }
}

}  // namespace
}  // namespace wf::test
