#include "classic/suppression.h"

#include <gtest/gtest.h>

#include "classic/classic_call.h"

namespace wf::test {
namespace {

SuppressionParams params(bool per_class) {
  SuppressionParams made;
  made.iou_threshold = 0.4;
  made.confidence_threshold = 0.3;
  made.per_class = per_class;
  made.confidence_input = "scores";
  made.coordinates_input = "boxes";
  made.iou_threshold_input = "iou";
  made.confidence_threshold_input = "least";
  made.confidence_output = "kept_scores";
  made.coordinates_output = "kept_boxes";
  return made;
}

Interface detector(FeatureKind scores_out = doubles({}), FeatureKind boxes_out = doubles({})) {
  return interface_of(
      {feature("scores", doubles({})), feature("boxes", doubles({})), feature("iou", DoubleFeature{}, true),
       feature("least", DoubleFeature{}, true)},
      {feature("kept_scores", std::move(scores_out)), feature("kept_boxes", std::move(boxes_out))});
}

// Boxes of 2 x 2: 0 and 1 lie half over one another (2 of 6: IoU 1/3), 2 lies on 0 but for a quarter
// (3 of 5: IoU 0.6) and is of the other class, 3 is far away and unlikely.
const Tensor kScores = of(DType::kFloat64, {4, 2}, {0.9, 0, 0.8, 0, 0, 0.7, 0.2, 0});
const Tensor kBoxes = of(DType::kFloat64, {4, 4}, {1, 1, 2, 2, 2, 1, 2, 2, 1.5, 1, 2, 2, 9, 9, 2, 2});

TEST(Suppression, KeepsTheBestOfOverlappingBoxes) {
  WF_ASSERT_OK_AND_ASSIGN(auto out,
                          predict(Suppression(params(false)), detector(), {kScores, kBoxes, {}, {}}));
  EXPECT_EQ(out[0].tensor()->shape(), (Shape{2, 2}));
  expect_numbers(out[0], {0.9, 0, 0.8, 0});
  expect_numbers(out[1], {1, 1, 2, 2, 2, 1, 2, 2});
  WF_ASSERT_OK_AND_ASSIGN(out, predict(Suppression(params(true)), detector(), {kScores, kBoxes, {}, {}}));
  expect_numbers(out[0], {0.9, 0, 0.8, 0, 0, 0.7});
}

TEST(Suppression, ThresholdsMayBeGiven) {
  const Suppression model(params(false));
  WF_ASSERT_OK_AND_ASSIGN(auto out, predict(model, detector(), {kScores, kBoxes, scalar_of(0.3), {}}));
  expect_numbers(out[0], {0.9, 0});
  WF_ASSERT_OK_AND_ASSIGN(out, predict(model, detector(), {kScores, kBoxes, scalar_of(1), scalar_of(0)}));
  expect_numbers(out[0], {0.9, 0, 0.8, 0, 0, 0.7, 0.2, 0});
  WF_ASSERT_OK_AND_ASSIGN(out, predict(model, detector(), {kScores, kBoxes, {}, scalar_of(2)}));
  EXPECT_EQ(out[1].tensor()->shape(), (Shape{0, 4}));
}

TEST(Suppression, TheDescriptionMayAskForRows) {
  const Suppression model(params(false));
  const Interface padded = detector(doubles({3, 2}));
  WF_ASSERT_OK_AND_ASSIGN(auto out, predict(model, padded, {kScores, kBoxes, {}, {}}));
  expect_numbers(out[0], {0.9, 0, 0.8, 0, 0, 0});
  expect_numbers(out[1], {1, 1, 2, 2, 2, 1, 2, 2, 0, 0, 0, 0});
  const Interface limited =
      detector(doubles({}), ArrayFeature{DType::kFloat64, {}, {}, {{0, 1}, {4, 4}}, {}});
  WF_ASSERT_OK_AND_ASSIGN(out, predict(model, limited, {kScores, kBoxes, {}, {}}));
  expect_numbers(out[0], {0.9, 0});
}

TEST(Suppression, RefusesWhatDoesNotFit) {
  const Suppression model(params(false));
  expect_error(predict(model, detector(), {kScores, kScores, {}, {}}),
               "4 x 2 confidences and 4 x 2 coordinates");
  expect_error(predict(model, detector(), {vector_of({1}), kBoxes, {}, {}}), "expected a row for each box");
  expect_error(predict(model, detector(), {{}, kBoxes, {}, {}}), "'scores' is missing");
  expect_error(predict(model, detector(doubles({int64_t{1} << 40, 2})), {kScores, kBoxes, {}, {}}),
               "asks for");
}

TEST(Suppression, NumbersThatAreNoneAreNeverTheBest) {
  const double nan = std::nan("");
  const Tensor scores = of(DType::kFloat64, {2, 1}, {nan, 0.5}),
               boxes = of(DType::kFloat64, {2, 4}, {nan, 1, 1, 1, 1, 1, 1, 1});
  WF_ASSERT_OK_AND_ASSIGN(const auto out,
                          predict(Suppression(params(false)), detector(), {scores, boxes, {}, {}}));
  expect_numbers(out[0], {0.5});
}

}  // namespace
}  // namespace wf::test
