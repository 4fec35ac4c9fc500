// Expected numbers: NumPy; x is 0..23 minus 7.5 as [2, 3, 4].
#include <numeric>

#include "support/support.h"

namespace wf::test {
namespace {

constexpr double kNan = NAN;
constexpr double kInf = INFINITY;
using Ints = std::vector<int64_t>;

Tensor ramp() {
  std::vector<double> values(24);
  std::iota(values.begin(), values.end(), -7.5);
  return f32({2, 3, 4}, values);
}
Tensor reduce(std::string_view op, Ints axes, Tensor x = ramp()) {
  return run_op1(op, {{"x", std::move(x)}, {"axes", ints(std::move(axes))}});
}

TEST(ReduceSum, AxesInTheMiddleAndOutside) {
  expect_near(reduce("reduce_sum", {1}), {2, 4}, {-10.5, -7.5, -4.5, -1.5, 25.5, 28.5, 31.5, 34.5});
  expect_near(reduce("reduce_sum", {0, -1}), {3}, {0, 32, 64});
  expect_near(reduce("reduce_mean", {-1, 0}), {3}, {0, 4, 8});
}

TEST(ReduceSum, AllAxesByDefaultAndKeptOnDemand) {
  expect_near(run_op1("reduce_sum", {{"x", ramp()}}), {}, {96});
  expect_near(run_op1("reduce_sum", {{"x", ramp()}, {"keep_dims", flag(true)}}), {1, 1, 1}, {96});
  expect_near(run_op1("reduce_sum", {{"x", ramp()}, {"axes", ints({0, 2})}, {"keep_dims", flag(true)}}),
              {1, 3, 1}, {0, 32, 64});
}

TEST(ReduceNorms, MatchNumpy) {
  expect_near(reduce("reduce_l1_norm", {1}), {2, 4}, {11.5, 10.5, 9.5, 8.5, 25.5, 28.5, 31.5, 34.5});
  expect_near(reduce("reduce_l2_norm", {1, 2}), {2}, {13.8202749611, 36.6469644036});
  expect_near(reduce("reduce_sum_square", {1, 2}), {2}, {191, 1343});
}

TEST(ReduceProd, MatchesNumpy) {
  expect_near(reduce("reduce_prod", {1}), {2, 4},
              {13.125, 24.375, 20.625, 7.875, 478.125, 705.375, 989.625, 1336.875});
}

TEST(ReduceLogs, MatchNumpyAndDoNotOverflow) {
  expect_near(reduce("reduce_log_sum_exp", {0, 2}), {3}, {7.9401958428, 11.9401958428, 15.9401958428});
  expect_near(reduce("reduce_log_sum_exp", {0}, f16({2}, {60000, 60000})), {}, {60000});
  expect_near(reduce("reduce_log_sum_exp", {0}, f32({2, 3}, {-kInf, kInf, kNan, -kInf, 0, 0})), {3},
              {-kInf, kInf, kNan});
  expect_near(reduce("reduce_log_sum", {0}, f32({3, 2}, {1, 2, 3, -4, 5, 0})), {2}, {2.1972245773, kNan});
}

TEST(ReduceMax, AndMinPropagateNan) {
  expect_near(reduce("reduce_max", {0, 2}), {3}, {7.5, 11.5, 15.5});
  expect_near(reduce("reduce_min", {1}), {2, 4}, {-7.5, -6.5, -5.5, -4.5, 4.5, 5.5, 6.5, 7.5});
  expect_near(reduce("reduce_max", {1}, f32({2, 2}, {1, kNan, -kInf, -kInf})), {2}, {kNan, -kInf});
}

TEST(Reductions, IntegersWrapOrTruncate) {
  EXPECT_EQ(read_ints(reduce("reduce_sum", {0}, ints({2147483647, 2}))), (Ints{-2147483647}));
  EXPECT_EQ(read_ints(reduce("reduce_prod", {0}, ints({65536, 65537, 3}))), (Ints{196608}));
  EXPECT_EQ(read_ints(reduce("reduce_l1_norm", {0}, ints({-2147483648LL, -1}))), (Ints{-2147483647}));
  EXPECT_EQ(read_ints(reduce("reduce_mean", {0}, ints({-3, -2, 0}))), (Ints{-1}));
}

TEST(Reductions, Fp16AccumulatesInDouble) {  // 4096 ones: a running fp16 sum would stop at 2048
  expect_near(run_op1("reduce_sum", {{"x", f16({4096}, std::vector<double>(4096, 1))}}), {}, {4096});
}

TEST(Reductions, OfNoElements) {
  const Tensor empty = f32({0, 2}, {});
  expect_near(reduce("reduce_sum", {0}, empty), {2}, {0, 0});
  expect_near(reduce("reduce_prod", {0}, empty), {2}, {1, 1});
  expect_near(reduce("reduce_mean", {0}, empty), {2}, {kNan, kNan});
  expect_near(reduce("reduce_max", {1}, empty), {0}, {});
  const auto extreme = run_op("reduce_max", {{"x", empty}, {"axes", ints({0})}});
  ASSERT_FALSE(extreme.ok());
  EXPECT_NE(extreme.error().message.find("no elements"), std::string::npos) << extreme.error().to_string();
}

TEST(Reductions, RefuseBadAxes) {
  for (const Ints& axes : {Ints{3}, Ints{-4}, Ints{1, -2}}) {
    const auto result = run_op("reduce_sum", {{"x", ramp()}, {"axes", ints(axes)}});
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(ReduceArgmax, FirstOfEqualsAndNanFirst) {
  const Tensor x = f32({2, 4}, {1, 5, 5, 0, 3, kNan, 9, kNan});
  const Tensor largest = run_op1("reduce_argmax", {{"x", x}});
  EXPECT_EQ(largest.dtype(), DType::kInt32);
  expect_near(largest, {2}, {1, 1});
  expect_near(run_op1("reduce_argmin", {{"x", x}, {"keep_dims", flag(true)}}), {2, 1}, {3, 1});
  expect_near(run_op1("reduce_argmax", {{"x", x}, {"axis", integer(0)}}), {4}, {1, 1, 1, 1});
}

TEST(ReduceArgmax, OutputDtypeSinceIos17) {
  const std::vector<NamedInput> call = {{"x", f32({3}, {1, 3, 2})}, {"output_dtype", text("uint16")}};
  const Tensor out = run_op1("reduce_argmax", call, Opset::kIos17);
  EXPECT_EQ(out.dtype(), DType::kUInt16);
  expect_near(out, {}, {1});
  EXPECT_FALSE(run_op("reduce_argmax", call, 1, Opset::kIos16).ok());
}

TEST(ReduceArgmax, RefusesAnEmptyAxis) {
  EXPECT_FALSE(run_op("reduce_argmax", {{"x", f32({2, 0}, {})}}).ok());
}

}  // namespace
}  // namespace wf::test
