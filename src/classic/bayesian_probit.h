// Bayesian probit regression over discrete features.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "classic/call.h"
#include "classic/model.h"

namespace wf {

struct Gaussian {
  double mean = 0, precision = 1;  // the inverse of the variance
};

struct BayesianProbitParams {
  uint64_t features = 0;
  Gaussian bias;
  std::map<std::pair<int64_t, int64_t>, Gaussian> weights;  // by (feature, its value)
  // Names of inputs and outputs; all but the first input may be "".
  std::string input, optimism_input, sampling_scale_input, sampling_truncation_input;
  std::string mean_output, variance_output, pessimistic_output, sampled_output;
};

// The sum of the bias and of the weight of each feature's value is a Gaussian; the prediction is the
// probability that it, with the noise of variance 1 of a probit model, is above 0. A value that the model has
// no weight for adds nothing.
class BayesianProbitRegressor final : public ClassicModel {
 public:
  static Result<std::shared_ptr<const ClassicModel>> make(BayesianProbitParams params);
  Status predict(ClassicCall& call) const override;

 private:
  explicit BayesianProbitRegressor(BayesianProbitParams params) : params_(std::move(params)) {}
  Result<std::pair<double, double>> mean_and_variance(const Tensor& input) const;
  Result<double> sampled(ClassicCall& call, double mean, double deviation) const;

  BayesianProbitParams params_;
};

}  // namespace wf
