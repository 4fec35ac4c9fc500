#include "classic/bayesian_probit.h"

#include "formats/mlmodel/classic/readers.h"
#include "proto/classic.h"

namespace wf {
namespace {

Gaussian read_gaussian(const Message& message) {
  return {message.f64(proto::Gaussian::kMean), message.f64(proto::Gaussian::kPrecision)};
}

}  // namespace

Result<std::shared_ptr<const ClassicModel>> read_bayesian_probit_regressor(const Message& message,
                                                                           Interface&) {
  using Field = proto::BayesianProbitRegressor;
  BayesianProbitParams params;
  params.bias = read_gaussian(message.message(Field::kBias));
  for (const Message& feature : message.messages(Field::kFeatures)) {
    const auto id = static_cast<int64_t>(feature.u64(proto::FeatureWeight::kFeatureId));
    for (const Message& weight : feature.messages(proto::FeatureWeight::kWeights)) {
      const auto value = static_cast<int64_t>(weight.u64(proto::FeatureValueWeight::kFeatureValue));
      params.weights[{id, value}] = read_gaussian(weight.message(proto::FeatureValueWeight::kFeatureWeight));
    }
  }
  params.input = message.text(Field::kRegressionInputFeatureName);
  params.optimism_input = message.text(Field::kOptimismInputFeatureName);
  params.sampling_scale_input = message.text(Field::kSamplingScaleInputFeatureName);
  params.sampling_truncation_input = message.text(Field::kSamplingTruncationInputFeatureName);
  params.mean_output = message.text(Field::kMeanOutputFeatureName);
  params.variance_output = message.text(Field::kVarianceOutputFeatureName);
  params.pessimistic_output = message.text(Field::kPessimisticProbabilityOutputFeatureName);
  params.sampled_output = message.text(Field::kSampledProbabilityOutputFeatureName);
  return BayesianProbitRegressor::make(std::move(params));
}

}  // namespace wf
