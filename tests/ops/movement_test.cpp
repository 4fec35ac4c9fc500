// transpose, concat, stack, split, tile: elements moved, none changed. Expected numbers are NumPy's.
#include "support/support.h"

namespace wf::test {
namespace {

TEST(Transpose, MovesTheDimensions) {
  expect_near(run_op1("transpose", {{"x", iota({2, 3, 4})}, {"perm", ints({2, 0, -2})}}), {4, 2, 3},
              {0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23});
  EXPECT_EQ(run_op1("transpose", {{"x", iota({0, 3})}, {"perm", ints({1, 0})}}).shape(), (Shape{3, 0}));
}
TEST(Transpose, MovesEveryWidth) {
  for (const DType dtype : {DType::kBool, DType::kFloat16, DType::kInt32}) {
    expect_near(run_op1("transpose", {{"x", of(dtype, {2, 2}, {1, 0, 0, 1})}, {"perm", ints({1, 0})}}),
                {2, 2}, {1, 0, 0, 1});
  }
  auto exact = run_op("transpose", {{"x", f16({2, 2}, {1, 2, 3, 4})}, {"perm", ints({1, 0})}}, 1,
                      Opset::kIos15, Reading::kExact);
  WF_ASSERT_OK(exact);
  EXPECT_EQ((*exact)[0].tensor()->dtype(), DType::kFloat64);
  expect_near(*(*exact)[0].tensor(), {2, 2}, {1, 3, 2, 4});
}
TEST(Transpose, RefusesABadPermutation) {
  const auto attempt = [](std::vector<int64_t> perm) {
    return run_op("transpose", {{"x", iota({2, 3})}, {"perm", ints(std::move(perm))}});
  };
  expect_error(attempt({0}), "has 1 entries");
  expect_error(attempt({0, 0}), "named twice");
  expect_error(attempt({0, 2}), "outside rank 2");
}

TEST(Concat, AlongAnAxis) {
  expect_near(run_op1("concat",
                      {{"values", {f32({2, 1}, {1, 2}), f32({2, 2}, {3, 4, 5, 6})}}, {"axis", integer(-1)}}),
              {2, 3}, {1, 3, 4, 2, 5, 6});
  expect_near(run_op1("concat", {{"values", {iota({0, 2}), iota({1, 2})}}, {"axis", integer(0)}}), {1, 2},
              {0, 1});
}
TEST(Concat, ScalarsAreVectorsOfOne) {
  expect_near(run_op1("concat", {{"values", {number(3), number(4)}}, {"axis", integer(0)}}), {2}, {3, 4});
}
TEST(Concat, Interleaves) {
  expect_near(
      run_op1("concat", {{"values", {f32({3, 2}, {1, 2, 3, 4, 5, 6}), f32({3, 2}, {7, 8, 9, 10, 11, 12})}},
                         {"axis", integer(0)},
                         {"interleave", flag(true)}}),
      {6, 2}, {1, 2, 7, 8, 3, 4, 9, 10, 5, 6, 11, 12});
}
TEST(Concat, RefusesShapesThatDoNotFit) {
  expect_error(run_op("concat", {{"values", {iota({2, 3}), iota({3, 3})}}, {"axis", integer(1)}}),
               "value 1 has shape [3, 3]");
  expect_error(run_op("concat", {{"values", {iota({2}), iota({2, 3})}}, {"axis", integer(0)}}), "value 1");
  expect_error(run_op("concat",
                      {{"values", {iota({2}), iota({3})}}, {"axis", integer(0)}, {"interleave", flag(true)}}),
               "interleaved");
  expect_error(run_op("concat", {{"values", {iota({2}), ints({1})}}, {"axis", integer(0)}}), "int32");
  expect_error(run_op("concat", {{"values", {iota({}), iota({})}}, {"axis", integer(1)}}), "outside rank 1");
}

TEST(Stack, AddsAnAxis) {
  const auto stacked = [](int64_t axis) {
    return run_op1("stack", {{"values", {f32({2}, {1, 2}), f32({2}, {3, 4}), f32({2}, {5, 6})}},
                             {"axis", integer(axis)}});
  };
  expect_near(stacked(0), {3, 2}, {1, 2, 3, 4, 5, 6});
  expect_near(stacked(-1), {2, 3}, {1, 3, 5, 2, 4, 6});
  expect_near(run_op1("stack", {{"values", {integer(4), integer(5)}}, {"axis", integer(0)}}), {2}, {4, 5});
  expect_error(run_op("stack", {{"values", {iota({2}), iota({3})}}, {"axis", integer(0)}}),
               "value 1 has shape [3]");
  expect_error(run_op("stack", {{"values", {iota({2})}}, {"axis", integer(2)}}), "axis 2");
}

TEST(Split, IntoEqualParts) {
  auto parts = run_op("split", {{"x", iota({2, 4})}, {"num_splits", integer(2)}, {"axis", integer(1)}}, 2);
  WF_ASSERT_OK(parts);
  expect_near(*(*parts)[0].tensor(), {2, 2}, {0, 1, 4, 5});
  expect_near(*(*parts)[1].tensor(), {2, 2}, {2, 3, 6, 7});
}
TEST(Split, IntoSizes) {
  auto parts = run_op(
      "split",
      {{"x", iota({4})}, {"split_sizes", ints({1, 0, 3})}, {"num_splits", integer(3)}, {"axis", integer(-1)}},
      3);
  WF_ASSERT_OK(parts);
  EXPECT_EQ((*parts)[1].tensor()->shape(), (Shape{0}));
  expect_near(*(*parts)[2].tensor(), {3}, {1, 2, 3});
}
TEST(Split, RefusesSizesThatDoNotAddUp) {
  const auto attempt = [](std::string name, Tensor value) {
    return run_op("split", {{"x", iota({4})}, {name, value}, {"axis", integer(0)}}, 2);
  };
  expect_error(attempt("split_sizes", ints({1, 2})), "add up to 3");
  expect_error(attempt("split_sizes", ints({5, -1})), "holds -1");
  expect_error(attempt("num_splits", integer(3)), "does not divide");
  expect_error(attempt("num_splits", integer(0)), "num_splits is 0");
  expect_error(attempt("num_splits", integer(2147483647)), "num_splits is 2147483647");
  expect_error(run_op("split", {{"x", iota({4})}, {"axis", integer(0)}}), "must be given");
}

TEST(Tile, Repeats) {
  expect_near(run_op1("tile", {{"x", iota({2, 3})}, {"reps", ints({2, 2})}}), {4, 6},
              {0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5, 0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5});
  EXPECT_EQ(run_op1("tile", {{"x", iota({2, 3})}, {"reps", ints({0, 2})}}).shape(), (Shape{0, 6}));
  expect_error(run_op("tile", {{"x", iota({2})}, {"reps", ints({-1})}}), "reps holds -1");
  expect_error(run_op("tile", {{"x", iota({2})}, {"reps", ints({1, 1})}}),
               "one entry for each of 1 dimensions");
  expect_error(run_op("tile", {{"x", iota({2, 2, 2})}, {"reps", ints({2147483647, 2147483647, 2147483647})}}),
               "more elements than fit");
}

}  // namespace
}  // namespace wf::test
