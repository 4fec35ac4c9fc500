#include "classic/nearest_neighbors.h"

#include <gtest/gtest.h>

#include "classic/classic_call.h"

namespace wf::test {
namespace {

// On a line: a at 0 and 1, b at 3, 4 and 6.
NearestNeighborsParams line(int64_t neighbors, bool inverse_distance = false) {
  NearestNeighborsParams params;
  params.neighbors = neighbors;
  params.dimensions = 1;
  params.samples = {{0}, {3}, {1}, {4}, {6}};
  params.labels = {"a", "b", "a", "b", "b"};
  params.inverse_distance = inverse_distance;
  return params;
}

std::vector<Datum> classify(NearestNeighborsParams params, double x) {
  auto model = NearestNeighborsClassifier::make(std::move(params));
  EXPECT_TRUE(model.ok()) << model.error().to_string();
  auto out = predict(**model, classifier(1), {vector_of({x})});
  EXPECT_TRUE(out.ok()) << out.error().to_string();
  return out ? *out : std::vector<Datum>(2);
}

TEST(NearestNeighbors, EachNeighborHasAVote) {
  auto out = classify(line(3), 1.5);  // distances: 1 (0.5), 3 and 0 (1.5 each)
  expect_key(out[0], "a");
  expect_dict(out[1], {{"a", 2.0 / 3}, {"b", 1.0 / 3}});
  out = classify(line(100), 1.5);  // more than there are
  expect_key(out[0], "b");
  expect_dict(out[1], {{"a", 0.4}, {"b", 0.6}});
}

TEST(NearestNeighbors, VotesByInverseSquaredDistance) {
  // From 2: samples 1 and 3 at 1, 0 and 4 at 4, 6 at 16.
  const double a = 1 + 0.25, b = 1 + 0.25 + 1.0 / 16;
  auto out = classify(line(5, true), 2);
  expect_key(out[0], "b");
  expect_dict(out[1], {{"a", a / (a + b)}, {"b", b / (a + b)}});
  out = classify(line(5, true), 1);  // a sample is there
  expect_key(out[0], "a");
  expect_dict(out[1], {{"a", 1}, {"b", 0}});
}

TEST(NearestNeighbors, WithoutSamplesTheDefaultIsTheAnswer) {
  NearestNeighborsParams params;
  params.neighbors = 3;
  params.dimensions = 1;
  params.default_label = {"nobody"};
  expect_key(classify(params, 1)[0], "nobody");
  params.default_label.clear();
  WF_ASSERT_OK_AND_ASSIGN(const auto model, NearestNeighborsClassifier::make(params));
  expect_error(predict(*model, classifier(1), {vector_of({1})}), "neither samples nor a default label");
}

TEST(NearestNeighbors, RefusesWhatDoesNotFit) {
  expect_error(NearestNeighborsClassifier::make(line(0)), "0 neighbours");
  auto params = line(1);
  params.labels.pop_back();
  expect_error(NearestNeighborsClassifier::make(params), "4 labels for 5 samples");
  params = line(1);
  params.samples[2] = {1, 2};
  expect_error(NearestNeighborsClassifier::make(params), "a sample of 2 numbers");
  WF_ASSERT_OK_AND_ASSIGN(const auto model, NearestNeighborsClassifier::make(line(1)));
  expect_error(predict(*model, classifier(2), {vector_of({1, 2})}), "samples of 1 numbers, the input has 2");
  expect_error(predict(*model, classifier(1), {vector_of({std::nan("")})}), "not a number");
}

}  // namespace
}  // namespace wf::test
