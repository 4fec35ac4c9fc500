#include "classic/bayesian_probit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "classic/links.h"
#include "classic/regression.h"

namespace wf {
Result<std::shared_ptr<const ClassicModel>> BayesianProbitRegressor::make(BayesianProbitParams params) {
  const auto check = [](const Gaussian& gaussian) -> Status {
    WF_REQUIRE(gaussian.precision > 0, kBadModel,
               fmt::format("a Gaussian of precision {}, expected above 0", gaussian.precision));
    return {};
  };
  WF_CHECK(check(params.bias));
  for (const auto& [place, weight] : params.weights) WF_CHECK(check(weight));
  return std::shared_ptr<const ClassicModel>(new BayesianProbitRegressor(std::move(params)));
}

// A vector holds the value of each feature; two columns hold features and their values.
Result<std::pair<double, double>> BayesianProbitRegressor::mean_and_variance(const Tensor& input) const {
  WF_REQUIRE(input.dtype() != DType::kString, kInvalidArgument, "takes numbers, given text");
  const bool pairs = input.rank() == 2 && input.shape()[1] == 2;
  const int64_t count = pairs ? input.shape()[0] : input.size();
  double mean = params_.bias.mean, variance = 1 / params_.bias.precision;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t feature = pairs ? read_int(input, 2 * i) : i;
    const auto weight = params_.weights.find({feature, read_int(input, pairs ? 2 * i + 1 : i)});
    if (weight == params_.weights.end()) continue;
    mean += weight->second.mean;
    variance += 1 / weight->second.precision;
  }
  return std::pair(mean, variance);
}

Result<double> BayesianProbitRegressor::sampled(ClassicCall& call, double mean, double deviation) const {
  constexpr int kMostDraws = 10000;
  WF_TRY(const double scale, call.number_or(params_.sampling_scale_input, 1));
  WF_TRY(const double truncation, call.number_or(params_.sampling_truncation_input, 0));
  SeededRandom random(call.seed());
  double draw = random.normal();
  // 0 stands for no truncation. What keeps falling outside is cut to the border.
  for (int i = 0; truncation > 0 && std::abs(draw) > truncation && i < kMostDraws; ++i)
    draw = random.normal();
  if (truncation > 0) draw = std::clamp(draw, -truncation, truncation);
  return normal_cdf(mean + draw * scale * deviation);
}

Status BayesianProbitRegressor::predict(ClassicCall& call) const {
  const Datum* given = call.input(params_.input);
  if (!given) {
    WF_TRY(given, call.single_input());
  }
  WF_REQUIRE(given->tensor(), kInvalidArgument, "takes an array of feature values");
  WF_TRY(const auto sums, mean_and_variance(*given->tensor()));
  const auto [mean, variance] = sums;
  const double deviation = std::sqrt(variance);
  WF_TRY(const double optimism, call.number_or(params_.optimism_input, 0));
  const auto probability = [&](double at) { return normal_cdf(at / std::sqrt(1 + variance)); };
  const auto set = [&](const std::string& name, double value) -> Status {
    WF_TRY(Datum scalar, number_scalar(value));
    call.set(name, std::move(scalar));
    return {};
  };
  WF_CHECK(set(params_.mean_output, mean));
  WF_CHECK(set(params_.variance_output, variance));
  WF_CHECK(set(params_.pessimistic_output, probability(mean + optimism * deviation)));
  if (call.output_feature(params_.sampled_output)) {
    WF_TRY(const double drawn, sampled(call, mean, deviation));
    WF_CHECK(set(params_.sampled_output, drawn));
  }
  const double prediction = probability(mean);
  return put_regression(call, std::span(&prediction, 1));
}

}  // namespace wf
