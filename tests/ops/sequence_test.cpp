// reverse, reverse_sequence, sliding_windows, reshape_like and the list operations.
#include "support/support.h"

namespace wf::test {
namespace {

TEST(Reverse, AllOrSomeAxes) {
  expect_near(run_op1("reverse", {{"x", iota({2, 2})}}), {2, 2}, {3, 2, 1, 0});
  expect_near(run_op1("reverse", {{"x", iota({2, 4, 3})}, {"axes", ints({0, -1})}}), {2, 4, 3},
              {14, 13, 12, 17, 16, 15, 20, 19, 18, 23, 22, 21, 2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9});
  EXPECT_EQ(run_op1("reverse", {{"x", iota({0, 2})}}).shape(), (Shape{0, 2}));
  expect_error(run_op("reverse", {{"x", iota({2})}, {"axes", ints({1})}}), "axis 1");
}

TEST(ReverseSequence, OnlyTheGivenLengths) {
  expect_near(run_op1("reverse_sequence",
                      {{"x", iota({2, 3, 2})}, {"lengths", ints({2, 3})}, {"seq_axis", integer(1)}}),
              {2, 3, 2}, {2, 3, 0, 1, 4, 5, 10, 11, 8, 9, 6, 7});
  expect_near(run_op1("reverse_sequence", {{"x", iota({3, 2})},
                                           {"lengths", ints({0, 3})},
                                           {"seq_axis", integer(0)},
                                           {"batch_axis", integer(-1)}}),
              {3, 2}, {0, 5, 2, 3, 4, 1});
  expect_error(
      run_op("reverse_sequence", {{"x", iota({1, 3})}, {"lengths", ints({4})}, {"seq_axis", integer(1)}}),
      "length 4 is outside [0, 3]");
  expect_error(
      run_op("reverse_sequence", {{"x", iota({1, 3})}, {"lengths", ints({1, 1})}, {"seq_axis", integer(1)}}),
      "expected [1]");
  expect_error(run_op("reverse_sequence", {{"x", iota({3})}, {"lengths", ints({1, 1, 1})}}), "both 0");
}

TEST(SlidingWindows, WindowsOnANewAxis) {
  expect_near(
      run_op1("sliding_windows",
              {{"x", iota({2, 6})}, {"axis", integer(-1)}, {"size", integer(4)}, {"stride", integer(2)}}),
      {2, 2, 4}, {0, 1, 2, 3, 2, 3, 4, 5, 6, 7, 8, 9, 8, 9, 10, 11});
  expect_near(
      run_op1(
          "sliding_windows",
          {{"x", iota({2})}, {"axis", integer(0)}, {"size", integer(2)}, {"stride", integer(2147483647)}}),
      {1, 2}, {0, 1});
  expect_error(run_op("sliding_windows", {{"x", iota({3})}, {"axis", integer(0)}, {"size", integer(4)}}),
               "does not fit 3 elements");
  expect_error(run_op("sliding_windows",
                      {{"x", iota({3})}, {"axis", integer(0)}, {"size", integer(2)}, {"stride", integer(0)}}),
               "at least 1");
}

TEST(ReshapeLike, JoinsSizes) {
  const std::vector<NamedInput> inputs = {{"x", iota({6, 30})},
                                          {"ref_tensors", {Datum(iota({2, 3, 4})), Datum(iota({1, 5, 6}))}},
                                          {"begins", {Datum(integer(0)), Datum(integer(1))}},
                                          {"ends", {Datum(integer(2)), Datum(integer(0))}},
                                          {"end_masks", {Datum(flag(false)), Datum(flag(true))}}};
  EXPECT_EQ(run_op1("reshape_like", inputs, Opset::kIos16).shape(), (Shape{2, 3, 5, 6}));
  auto missing = inputs;
  missing[2].values.pop_back();
  expect_error(run_op("reshape_like", missing, 1, Opset::kIos16),
               "'begins' has 1 entries for 2 reference tensors");
  auto other = inputs;
  other[0].values[0] = Datum(iota({7}));
  expect_error(run_op("reshape_like", other, 1, Opset::kIos16), "cannot reshape [7]");
}

// ---- lists ----

Datum list_of(std::vector<Tensor> tensors) {
  List list;
  for (Tensor& tensor : tensors) list.items.emplace_back(std::move(tensor));
  return list;
}
Datum only(Result<std::vector<Datum>> outputs) {
  if (outputs) return (*outputs)[0];
  ADD_FAILURE() << outputs.error().to_string();
  return list_of({});
}

TEST(Lists, StartWithZeros) {
  const Datum made = only(run_op("make_list", {{"init_length", integer(2)},
                                               {"elem_shape", {Datum(integer(2)), Datum(integer(1))}},
                                               {"dtype", text("fp16")}}));
  ASSERT_EQ(made.list()->items.size(), 2u);
  expect_near(*made.list()->items[1].tensor(), {2, 1}, {0, 0});
  EXPECT_EQ(made.list()->items[1].tensor()->dtype(), DType::kFloat16);
}
TEST(Lists, ElementsOfUnknownShapeMustBeWrittenFirst) {
  const Datum made = only(run_op("make_list", {{"elem_shape", {Datum(text("is0")), Datum(integer(3))}}}));
  ASSERT_EQ(made.list()->items.size(), 1u);
  expect_error(run_op("list_read", {{"ls", made}, {"index", integer(0)}}), "never written");
  const Datum written =
      only(run_op("list_write", {{"ls", made}, {"index", integer(0)}, {"value", iota({2, 3})}}));
  expect_near(*only(run_op("list_read", {{"ls", written}, {"index", integer(0)}})).tensor(), {2, 3},
              {0, 1, 2, 3, 4, 5});
}
TEST(Lists, WritingGivesANewListThatGrows) {
  const Datum one = list_of({f32({1}, {5})});
  const Datum three =
      only(run_op("list_write", {{"ls", one}, {"index", integer(2)}, {"value", f32({1}, {7})}}));
  ASSERT_EQ(one.list()->items.size(), 1u);
  ASSERT_EQ(three.list()->items.size(), 3u);
  expect_near(*three.list()->items[1].tensor(), {1}, {0});
  expect_near(*only(run_op("list_length", {{"ls", three}})).tensor(), {}, {3});
}
TEST(Lists, GatherAndScatter) {
  const Datum list = only(run_op(
      "list_scatter",
      {{"ls", list_of({iota({2})})}, {"indices", ints({2, 0})}, {"value", f32({2, 2}, {1, 2, 3, 4})}}));
  expect_near(*only(run_op("list_gather", {{"ls", list}, {"indices", ints({0, 2, 2})}})).tensor(), {3, 2},
              {3, 4, 1, 2, 1, 2});
  EXPECT_EQ(only(run_op("list_gather", {{"ls", list}, {"indices", ints({})}})).tensor()->shape(),
            (Shape{0, 2}));
  expect_error(run_op("list_scatter", {{"ls", list}, {"indices", ints({0})}, {"value", iota({2, 2})}}),
               "values of shape [2, 2]");
  expect_error(run_op("list_gather", {{"ls", list_of({iota({1}), iota({2})})}, {"indices", ints({0, 1})}}),
               "element 1 has shape [2]");
}
TEST(Lists, BoundsAndTypes) {
  const Datum list = list_of({iota({1})});
  expect_error(run_op("list_read", {{"ls", list}, {"index", integer(1)}}), "index 1 is outside a list of 1");
  expect_error(run_op("list_read", {{"ls", list}, {"index", integer(-1)}}), "index -1");
  expect_error(run_op("list_write", {{"ls", list}, {"index", integer(2147483647)}, {"value", iota({1})}}),
               "index 2147483647");
  expect_error(run_op("list_write", {{"ls", list}, {"index", integer(0)}, {"value", ints({1})}}),
               "'value' is int32, the list holds fp32");
  expect_error(run_op("make_list", {{"init_length", integer(2147483647)}, {"elem_shape", integer(1)}}),
               "init_length is 2147483647");
  expect_error(run_op("list_length", {{"ls", iota({1})}}), "expected a list");
}

}  // namespace
}  // namespace wf::test
