#include "classic/bayesian_probit.h"

#include <gtest/gtest.h>

#include "classic/classic_call.h"

namespace wf::test {
namespace {

BayesianProbitParams params() {
  BayesianProbitParams made;
  made.bias = {0.5, 2};
  made.weights = {{{0, 7}, {1, 4}}, {{1, 3}, {-0.25, 0.5}}, {{1, 4}, {100, 1}}};
  made.input = "x";
  made.optimism_input = "optimism";
  made.sampling_scale_input = "scale";
  made.sampling_truncation_input = "truncation";
  made.mean_output = "mean";
  made.variance_output = "variance";
  made.pessimistic_output = "pessimistic";
  made.sampled_output = "sampled";
  return made;
}

Interface interface() {
  Interface made = interface_of(
      {feature("x", doubles({})), feature("optimism", DoubleFeature{}, true),
       feature("scale", DoubleFeature{}, true), feature("truncation", DoubleFeature{}, true)},
      {feature("y", DoubleFeature{}), feature("mean", DoubleFeature{}), feature("variance", DoubleFeature{}),
       feature("pessimistic", DoubleFeature{}), feature("sampled", DoubleFeature{})});
  made.predicted_feature_name = "y";
  return made;
}

// mean 0.5 + 1 - 0.25, variance 1/2 + 1/4 + 1/0.5; the probabilities are SciPy's norm.cdf of
// 1.25 / sqrt(1 + 2.75) and of (1.25 - 1.5 sqrt(2.75)) / sqrt(1 + 2.75).
TEST(BayesianProbit, AddsTheGaussiansOfTheValues) {
  WF_ASSERT_OK_AND_ASSIGN(const auto model, BayesianProbitRegressor::make(params()));
  const Tensor pairs = of(DType::kFloat64, {3, 2}, {0, 7, 1, 3, 2, 5});
  for (const Datum& x : {vector_of({7, 3}), Datum(pairs)}) {
    WF_ASSERT_OK_AND_ASSIGN(const auto out, predict(*model, interface(), {x, scalar_of(-1.5), {}, {}}));
    expect_numbers(out[0], {0.7406974917856373});
    expect_numbers(out[1], {1.25});
    expect_numbers(out[2], {2.75});
    expect_numbers(out[3], {0.261402998093791});
  }
}

TEST(BayesianProbit, SamplesFollowTheSeedAndTheTruncation) {
  WF_ASSERT_OK_AND_ASSIGN(const auto model, BayesianProbitRegressor::make(params()));
  const auto sample = [&](double truncation, uint64_t seed) {
    auto out =
        predict(*model, interface(), {vector_of({7, 3}), {}, scalar_of(1), scalar_of(truncation)}, seed);
    EXPECT_TRUE(out.ok()) << out.error().to_string();
    return numbers((*out)[4])[0];
  };
  EXPECT_EQ(sample(0, 1), sample(0, 1));
  EXPECT_NE(sample(0, 1), sample(0, 2));
  // Within 0.1 standard deviations: between cdf(1.25 - 0.1658) and cdf(1.25 + 0.1658).
  for (uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_GT(sample(0.1, seed), 0.860);
    EXPECT_LT(sample(0.1, seed), 0.922);
  }
}

TEST(BayesianProbit, RefusesGaussiansWithoutPrecision) {
  BayesianProbitParams broken = params();
  broken.weights.begin()->second.precision = 0;
  expect_error(BayesianProbitRegressor::make(broken), "a Gaussian of precision 0");
}

}  // namespace
}  // namespace wf::test
