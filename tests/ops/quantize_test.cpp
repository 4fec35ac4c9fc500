// Expected numbers by hand: round half to even, then the zero point, then saturation.
#include "support/support.h"

namespace wf::test {
namespace {

Tensor i8(Shape shape, std::vector<double> values) {
  return of(DType::kInt8, std::move(shape), std::move(values));
}

TEST(Quantize, RoundsHalvesToEvenAndSaturates) {
  const Tensor out = run_op1("quantize",
                             {{"input", f32({5}, {-1, 0.25, 0.75, 1.25, 200})},
                              {"scale", number(0.5)},
                              {"zero_point", i8({}, {3})},
                              {"output_dtype", text("int8")}},
                             Opset::kIos17);
  EXPECT_EQ(out.dtype(), DType::kInt8);
  expect_near(out, {5}, {1, 3, 5, 5, 127});
}

TEST(Quantize, OneScaleForEachElementOfTheAxis) {
  expect_near(run_op1("quantize",
                      {{"input", f32({2, 2}, {1, 1, -3, -3})},
                       {"scale", f32({2}, {1, 0.5})},
                       {"axis", integer(1)},
                       {"output_dtype", text("uint8")}},
                      Opset::kIos17),
              {2, 2}, {1, 2, 0, 0});
}

TEST(Quantize, TheQuotientIsRoundedToTheInputsDtype) {  // 2.50097 is 2.5 in fp16, and 2.5 rounds to 2
  const auto quantized = [](auto make) {
    return run_op1("quantize",
                   {{"input", make({1}, {2.515625})},
                    {"scale", make({}, {1.005859375})},
                    {"output_dtype", text("int8")}},
                   Opset::kIos17);
  };
  expect_near(quantized(f16), {1}, {2});
  expect_near(quantized(f32), {1}, {3});
}

TEST(Quantize, RefusesAWrongOutputDtypeAndZeroPoint) {
  EXPECT_FALSE(run_op("quantize",
                      {{"input", f32({1}, {1})}, {"scale", number(1)}, {"output_dtype", text("int32")}}, 1,
                      Opset::kIos17)
                   .ok());
  EXPECT_FALSE(run_op("quantize",
                      {{"input", f32({1}, {1})},
                       {"scale", number(1)},
                       {"zero_point", i8({}, {0})},
                       {"output_dtype", text("uint8")}},
                      1, Opset::kIos17)
                   .ok());
}

TEST(Dequantize, ScalarsAndVectors) {
  expect_near(
      run_op1("dequantize",
              {{"input", i8({3}, {-128, 0, 127})}, {"scale", number(0.5)}, {"zero_point", i8({}, {-2})}},
              Opset::kIos17),
      {3}, {-63, 1, 64.5});
  const Tensor out =
      run_op1("dequantize",
              {{"input", i8({2, 2}, {1, 2, 3, 4})}, {"scale", f16({2}, {1, 0.5})}, {"axis", integer(0)}},
              Opset::kIos17);
  EXPECT_EQ(out.dtype(), DType::kFloat16);
  expect_near(out, {2, 2}, {1, 2, 1.5, 2});
}

TEST(Dequantize, RefusesAVectorWithoutAxisOrOfAnotherSize) {
  EXPECT_FALSE(
      run_op("dequantize", {{"input", i8({2}, {1, 2})}, {"scale", f32({2}, {1, 2})}}, 1, Opset::kIos17).ok());
  const auto result =
      run_op("dequantize", {{"input", i8({3}, {1, 2, 3})}, {"scale", f32({2}, {1, 2})}, {"axis", integer(0)}},
             1, Opset::kIos17);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("scale has 2 elements, axis 0"), std::string::npos)
      << result.error().to_string();
}

TEST(Quantize, IsNotThereBeforeIos17) {
  const auto result = run_op("dequantize", {{"input", i8({1}, {1})}, {"scale", number(1)}}, 1, Opset::kIos16);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace wf::test
