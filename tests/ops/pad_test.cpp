// pad. Expected numbers are np.pad's.
#include "support/support.h"

namespace wf::test {
namespace {

std::vector<NamedInput> padded(std::vector<int64_t> pad, std::string mode) {
  return {{"x", iota({2, 3})}, {"pad", ints(std::move(pad))}, {"mode", text(std::move(mode))}};
}

TEST(Pad, ConstantOnTheLastDimensions) {
  expect_near(run_op1("pad", {{"x", iota({2, 2})}, {"pad", ints({1, 2})}, {"constant_val", number(9)}}),
              {2, 5}, {9, 0, 1, 9, 9, 9, 2, 3, 9, 9});
  expect_near(run_op1("pad", {{"x", iota({0, 1})}, {"pad", ints({1, 0, 0, 1})}}), {1, 2}, {0, 0});
}
TEST(Pad, Reflects) {
  expect_near(run_op1("pad", padded({1, 1, 2, 1}, "reflect")), {4, 6},
              {5, 4, 3, 4, 5, 4, 2, 1, 0, 1, 2, 1, 5, 4, 3, 4, 5, 4, 2, 1, 0, 1, 2, 1});
}
TEST(Pad, ReflectsAgainWhereTheBorderIsWide) {
  expect_near(run_op1("pad", padded({5, 1}, "reflect")), {2, 9},
              {1, 0, 1, 2, 1, 0, 1, 2, 1, 4, 3, 4, 5, 4, 3, 4, 5, 4});
  expect_near(run_op1("pad", {{"x", f32({1}, {7})}, {"pad", ints({2, 1})}, {"mode", text("reflect")}}), {4},
              {7, 7, 7, 7});
}
TEST(Pad, Replicates) {
  expect_near(run_op1("pad", padded({1, 0, 2, 1}, "replicate")), {3, 6},
              {0, 0, 0, 1, 2, 2, 0, 0, 0, 1, 2, 2, 3, 3, 3, 4, 5, 5});
}
TEST(Pad, RefusesBadCalls) {
  expect_error(run_op("pad", padded({1}, "constant")), "1 entries");
  expect_error(run_op("pad", padded({1, 1, 1, 1, 1, 1}, "constant")), "at most 2 dimensions");
  expect_error(run_op("pad", padded({-1, 1}, "constant")), "holds -1");
  expect_error(run_op("pad", padded({1, 1}, "wrap")), "mode is 'wrap'");
  expect_error(run_op("pad", {{"x", iota({0})}, {"pad", ints({1, 0})}, {"mode", text("replicate")}}),
               "mode replicate takes the border from the input");
  expect_error(run_op("pad", {{"x", iota({0})}, {"pad", ints({1, 0})}, {"mode", text("reflect")}}),
               "mode reflect takes the border from the input");
  expect_error(run_op("pad", padded({2147483647, 2147483647, 2147483647, 2147483647}, "constant")),
               "more elements than fit");
}

}  // namespace
}  // namespace wf::test
