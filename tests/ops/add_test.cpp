#include "support/support.h"

namespace wf::test {
namespace {

TEST(Add, Broadcasts) {
  expect_near(run_op1("add", {{"x", f32({2, 1}, {1, 2})}, {"y", f32({3}, {10, 20, 30})}}), {2, 3},
              {11, 21, 31, 12, 22, 32});
}

TEST(Add, Int32Wraps) {
  const Tensor sum = run_op1("add", {{"x", i32({1}, {2147483647})}, {"y", i32({1}, {1})}});
  EXPECT_EQ(read_int(sum, 0), -2147483648LL);
}

TEST(Add, Fp16OverflowIsInfinity) {
  expect_near(run_op1("add", {{"x", f16({1}, {65504})}, {"y", f16({1}, {65504})}}), {1}, {INFINITY});
}

TEST(Add, RefusesShapesThatDoNotBroadcast) {
  const auto result = run_op("add", {{"x", f32({2}, {1, 2})}, {"y", f32({3}, {1, 2, 3})}});
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("do not broadcast"), std::string::npos) << result.error().to_string();
}

}  // namespace
}  // namespace wf::test
