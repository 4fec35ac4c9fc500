#include "support/support.h"

namespace wf::test {
namespace {

Datum strings(std::vector<std::string> values) {
  List list;
  for (std::string& value : values) list.items.emplace_back(text(std::move(value)));
  return list;
}

TEST(Classify, FirstMaximumWinsAndOrderIsKept) {
  auto out = run_op(
      "classify",
      {{"probabilities", f32({1, 3}, {0.25, 0.5, 0.5})}, {"classes", strings({"dog", "cat", "ant"})}}, 2);
  WF_ASSERT_OK(out);
  EXPECT_EQ((*out)[0].tensor()->strings()[0], "cat");
  const Dict* all = (*out)[1].dict();
  ASSERT_NE(all, nullptr);
  ASSERT_EQ(all->items.size(), 3u);
  EXPECT_EQ(all->items[0].first.tensor()->strings()[0], "dog");
  EXPECT_EQ(read_double(*all->items[2].second.tensor(), 0), 0.5);
}
TEST(Classify, IntegerLabels) {
  const int64_t labels[] = {7, int64_t{1} << 40};
  WF_ASSERT_OK_AND_ASSIGN(Tensor classes, Tensor::of_ints(DType::kInt64, {2}, labels));
  auto out = run_op("classify", {{"probabilities", f32({2}, {0.1, 0.9})}, {"classes", classes}}, 2);
  WF_ASSERT_OK(out);
  EXPECT_EQ((*out)[0].tensor()->dtype(), DType::kInt64);
  EXPECT_EQ(read_int(*(*out)[0].tensor(), 0), int64_t{1} << 40);
}
TEST(Classify, RefusesBadLabels) {
  expect_error(run_op("classify", {{"probabilities", iota({3})}, {"classes", strings({"a", "b"})}}, 2),
               "3 probabilities for 2 classes");
  expect_error(run_op("classify", {{"probabilities", iota({0})}, {"classes", Datum(List{})}}, 2), "no label");
  expect_error(run_op("classify", {{"probabilities", iota({1})}, {"classes", iota({1})}}, 2),
               "strings or integers");
  expect_error(run_op("classify",
                      {{"probabilities", iota({2})}, {"classes", Datum(List{{text("a"), integer(1)}})}}, 2),
               "mixes");
}

}  // namespace
}  // namespace wf::test
