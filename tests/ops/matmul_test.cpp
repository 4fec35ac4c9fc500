// Expected numbers: numpy.matmul.
#include "ops/pattern.h"

namespace wf::test {
namespace {

TEST(Matmul, BroadcastsBatchesAndTransposes) {
  expect_near(
      run_op1("matmul",
              {{"x", pattern_x({2, 1, 3, 4})}, {"y", pattern_w({3, 3, 2})}, {"transpose_x", flag(true)}}),
      {2, 3, 4, 2}, {3,   -16, 3,  13,  3,   -13, -30, 5, 15, 3,   -14, 3,   12,  3, 5,  -30,
                     -8,  15,  11, -14, -14, 12,  5,   5, 3,  13,  3,   -13, -30, 5, 3,  12,
                     -14, 3,   12, 3,   5,   -30, -13, 3, 11, -14, -14, 12,  5,   5, 13, -13});
  expect_near(
      run_op1("matmul", {{"x", pattern_x({2, 3})}, {"y", pattern_w({4, 3})}, {"transpose_y", flag(true)}}),
      {2, 4}, {19, 14, -5, -10, -13, -10, -14, -11});
}

TEST(Matmul, VectorsLoseTheirDimension) {
  expect_near(run_op1("matmul", {{"x", pattern_x({2, 3, 4})}, {"y", pattern_w({4})}}), {2, 3},
              {9, -9, 28, -12, 25, -15});
  expect_near(run_op1("matmul", {{"x", pattern_x({4})}, {"y", pattern_w({2, 4, 3})}}), {2, 3},
              {13, -8, 13, -22, 13, 13});
  expect_near(run_op1("matmul", {{"x", f32({2}, {2, 3})}, {"y", f32({2}, {5, 7})}}), {}, {31});
}

TEST(Matmul, AnEmptySumIsZero) {
  expect_near(run_op1("matmul", {{"x", f32({2, 0}, {})}, {"y", f32({0, 2}, {})}}), {2, 2}, {0, 0, 0, 0});
}

TEST(Matmul, Int32Wraps) {
  const Tensor out = run_op1("matmul", {{"x", i32({1, 2}, {65536, 1})}, {"y", i32({2, 1}, {65536, 3})}});
  EXPECT_EQ(read_int(out, 0), 3);
}

TEST(Matmul, Ios17MixesPrecisions) {
  const Tensor out = run_op1("matmul", {{"x", f16({1, 1}, {2})}, {"y", f32({1, 1}, {3})}}, Opset::kIos17);
  EXPECT_EQ(out.dtype(), DType::kFloat16);
  expect_near(out, {1, 1}, {6});
}

TEST(Matmul, WhereDtypesDifferTheDeclaredOneCounts) {
  // A constant int32 factor beside an fp32 input: at run time both are known, and the result is still fp32.
  Op op;
  op.type = "matmul";
  const Tensor x = i32({1, 2}, {2, 3}), y = f32({2, 1}, {1, 1});
  for (const auto& [name, value] : {std::pair("x", x), std::pair("y", y)}) {
    op.inputs.push_back({name, {Constant{type_of(Datum(value)), Datum(value), {}, {}}}});
  }
  op.outputs.push_back({0});
  const ValueType declared = tensor_type(DType::kFloat32, {1, 1});
  const auto call = make_call(
      op, Opset::kIos17, [&](ValueId) { return &declared; }, [](ValueId) -> const Datum* { return nullptr; });
  ASSERT_TRUE(call.ok()) << call.error().to_string();
  EXPECT_EQ((*infer_types(*call))[0].tensor()->dtype, DType::kFloat32);
}

TEST(Matmul, RefusesUnequalInnerSizes) {
  const auto result = run_op("matmul", {{"x", pattern_x({2, 3})}, {"y", pattern_w({4, 3})}});
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("has 3 to sum over"), std::string::npos)
      << result.error().to_string();
}

TEST(Linear, MultipliesByTheTransposedWeight) {
  expect_near(run_op1("linear",
                      {{"x", pattern_x({2, 3, 4})}, {"weight", pattern_w({5, 4})}, {"bias", pattern_b({5})}}),
              {2, 3, 5}, {10,  -24, 12, 10, -3, -8, -2, -3,  -7,  20,  29,  9, -18, -13, -12,
                          -11, -2,  0,  -8, 22, 26, 9,  -15, -14, -10, -14, 9, 25,  24,  -9});
}

TEST(Linear, RefusesAWeightOfAnotherSize) {
  EXPECT_FALSE(run_op("linear", {{"x", pattern_x({2, 3})}, {"weight", pattern_w({5, 4})}}).ok());
  EXPECT_FALSE(
      run_op("linear", {{"x", pattern_x({2, 4})}, {"weight", pattern_w({5, 4})}, {"bias", pattern_b({4})}})
          .ok());
  EXPECT_FALSE(run_op("linear", {{"x", number(1)}, {"weight", pattern_w({5, 4})}}).ok());
}

}  // namespace
}  // namespace wf::test
