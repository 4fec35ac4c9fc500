// Expected picks are those of a brute-force NumPy version over the whole overlap matrix.
#include "support/support.h"

namespace wf::test {
namespace {

const std::vector<double> kBoxes = {1, 1,   2, 2, 1.2, 1,   2, 2, 5, 5, 2, 2,
                                    5, 5.1, 2, 2, 1.1, 1.1, 2, 2, 9, 9, 1, 1};
const std::vector<double> kScores = {.9, .1, .2, .8, .3, .7, .75, .2, .6, .5, .05, .04};

std::vector<NamedInput> inputs(double score_threshold, int64_t max_boxes, bool per_class) {
  return {{"boxes", f32({1, 6, 4}, kBoxes)}, {"scores", f32({1, 6, 2}, kScores)},
          {"iou_threshold", number(0.5)},    {"score_threshold", number(score_threshold)},
          {"max_boxes", integer(max_boxes)}, {"per_class_suppression", flag(per_class)}};
}

void expect_picks(double score_threshold, int64_t max_boxes, bool per_class,
                  const std::vector<double>& indices, double count) {
  auto out = run_op("non_maximum_suppression", inputs(score_threshold, max_boxes, per_class), 4);
  WF_ASSERT_OK(out);
  expect_near(*(*out)[2].tensor(), {1, max_boxes}, indices);
  expect_near(*(*out)[3].tensor(), {1}, {count});
}

TEST(NonMaximumSuppression, Greedy) { expect_picks(0.1, 4, false, {0, 3, -1, -1}, 2); }
TEST(NonMaximumSuppression, OnlyAgainstBoxesOfTheSameClass) {
  expect_picks(0.1, 4, true, {0, 1, 3, 2}, 4);
  expect_picks(0.1, 2, true, {0, 1}, 2);
}
TEST(NonMaximumSuppression, GivesTheBestWhereNonePasses) { expect_picks(2, 4, false, {0, -1, -1, -1}, 1); }

TEST(NonMaximumSuppression, UnusedPlacesAreZero) {
  auto out = run_op("non_maximum_suppression", inputs(0.1, 3, false), 4);
  WF_ASSERT_OK(out);
  expect_near(*(*out)[0].tensor(), {1, 3, 4}, {1, 1, 2, 2, 5, 5.1, 2, 2, 0, 0, 0, 0});
  expect_near(*(*out)[1].tensor(), {1, 3, 2}, {.9, .1, .75, .2, 0, 0});
}

TEST(NonMaximumSuppression, FromIos17TheBoxesComeLast) {
  const auto transposed = [](Shape shape, const std::vector<double>& values) {
    return run_op1("transpose", {{"x", f32(std::move(shape), values)}, {"perm", ints({0, 2, 1})}});
  };
  auto out = run_op("non_maximum_suppression",
                    {{"boxes", transposed({1, 6, 4}, kBoxes)},
                     {"scores", transposed({1, 6, 2}, kScores)},
                     {"iou_threshold", number(0.5)},
                     {"max_boxes", integer(5)}},
                    3, Opset::kIos17);
  WF_ASSERT_OK(out);
  expect_near(*(*out)[2].tensor(), {1, 5}, {0, 3, 5, -1, -1});  // no threshold: the far box counts
  expect_near(*(*out)[0].tensor(), {1, 4, 5}, {1, 5, 9, 0, 0, 1, 5.1, 9, 0, 0, 2, 2, 1, 0, 0, 2, 2, 1, 0, 0});
}

// Two boxes that share 1 of 5: torchvision's nms keeps the first alone at a threshold of 0.2 in fp32;
// coremltools' tests say that Core ML keeps both before iOS17 and agrees with torchvision from then on. At 0
// neither drops a neighbour that shares nothing.
TEST(NonMaximumSuppression, AnOverlapAtTheThreshold) {
  const auto kept = [](Opset opset, double threshold, double second_x) {
    std::vector<double> boxes = {1.5, 2, 1, 2, second_x, 1, 2, 2};
    Shape box_shape = {1, 2, 4}, score_shape = {1, 2, 1};
    if (opset >= Opset::kIos17) {
      boxes = {1.5, second_x, 2, 1, 1, 2, 2, 2};
      box_shape = {1, 4, 2};
      score_shape = {1, 1, 2};
    }
    std::vector<NamedInput> given = {{"boxes", f32(box_shape, boxes)},
                                     {"scores", f32(score_shape, {4, 2})},
                                     {"iou_threshold", number(threshold)},
                                     {"max_boxes", integer(2)}};
    if (opset < Opset::kIos17) given.emplace_back("score_threshold", number(0));
    auto out = run_op("non_maximum_suppression", given, opset < Opset::kIos17 ? 4 : 3, opset);
    EXPECT_TRUE(out.ok());
    return read_doubles(*(*out)[2].tensor());
  };
  EXPECT_EQ(kept(Opset::kIos15, 0.2, 1), (std::vector<double>{0, 1}));
  EXPECT_EQ(kept(Opset::kIos17, 0.2, 1), (std::vector<double>{0, -1}));
  EXPECT_EQ(kept(Opset::kIos17, 0.201, 1), (std::vector<double>{0, 1}));
  EXPECT_EQ(kept(Opset::kIos17, 0, 0), (std::vector<double>{0, 1}));
}

TEST(NonMaximumSuppression, NetworksKeepTheOldFormInEveryOpset) {
  auto out = run_op("nn_non_maximum_suppression", inputs(0.1, 4, true), 4, Opset::kIos18);
  WF_ASSERT_OK(out);
  expect_near(*(*out)[2].tensor(), {1, 4}, {0, 1, 3, 2});
}

TEST(NonMaximumSuppression, RefusesBadShapes) {
  auto bad = inputs(0, 1, false);
  bad[0] = {"boxes", iota({1, 6, 5})};
  expect_error(run_op("non_maximum_suppression", bad, 4), "expected [n, B, 4] and [n, B, K]");
  expect_error(run_op("non_maximum_suppression", inputs(0, -1, false), 4), "max_boxes is -1");
}
TEST(NonMaximumSuppression, NoBoxes) {
  auto none = inputs(0, 2, false);
  none[0] = {"boxes", iota({1, 0, 4})};
  none[1] = {"scores", iota({1, 0, 2})};
  auto out = run_op("non_maximum_suppression", none, 4);
  WF_ASSERT_OK(out);
  expect_near(*(*out)[2].tensor(), {1, 2}, {-1, -1});
  expect_near(*(*out)[3].tensor(), {1}, {0});
}

}  // namespace
}  // namespace wf::test
