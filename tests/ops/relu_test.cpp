#include "support/support.h"

namespace wf::test {
namespace {

TEST(Relu, CutsBelowZeroAndKeepsNaN) {
  expect_near(run_op1("relu", {{"x", f32({5}, {-1, -0.0, 0.5, NAN, -INFINITY})}}), {5}, {0, 0, 0.5, NAN, 0});
}

TEST(Relu6, AlsoCapsAtSix) {
  expect_near(run_op1("relu6", {{"x", f16({4}, {-1, 5.5, 6.5, INFINITY})}}), {4}, {0, 5.5, 6, 6});
}

TEST(Const, IsItsValue) { expect_near(run_op1("const", {{"val", f32({2}, {1, 2})}}), {2}, {1, 2}); }

}  // namespace
}  // namespace wf::test
