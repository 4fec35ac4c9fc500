#include "classic/glm.h"

#include <fmt/format.h>

#include <numeric>

#include "classic/links.h"
#include "classic/regression.h"

namespace wf {
namespace {

double linked(Link link, double score) {
  if (link == Link::kLogit) return logistic(score);
  return link == Link::kProbit ? normal_cdf(score) : score;
}

}  // namespace

Result<LinearScores> LinearScores::make(std::vector<std::vector<double>> weights,
                                        std::vector<double> offsets) {
  WF_REQUIRE(!weights.empty(), kBadModel, "a linear model without weights");
  for (const auto& row : weights) {
    WF_REQUIRE(row.size() == weights[0].size(), kBadModel,
               fmt::format("rows of {} and {} weights", weights[0].size(), row.size()));
  }
  WF_REQUIRE(offsets.empty() || offsets.size() == weights.size(), kBadModel,
             fmt::format("{} offsets for {} rows of weights", offsets.size(), weights.size()));
  offsets.resize(weights.size());
  LinearScores made;
  made.weights_ = std::move(weights);
  made.offsets_ = std::move(offsets);
  return made;
}

Result<std::vector<double>> LinearScores::operator()(std::span<const double> x) const {
  WF_REQUIRE(x.size() == weights_[0].size(), kInvalidArgument,
             fmt::format("{} weights, the input has {} numbers", weights_[0].size(), x.size()));
  std::vector<double> scores;
  for (size_t row = 0; row < weights_.size(); ++row) {
    scores.push_back(offsets_[row] + std::inner_product(x.begin(), x.end(), weights_[row].begin(), 0.0));
  }
  return scores;
}

Result<std::shared_ptr<const ClassicModel>> GlmRegressor::make(GlmParams params) {
  WF_TRY(LinearScores scores, LinearScores::make(std::move(params.weights), std::move(params.offsets)));
  return std::shared_ptr<const ClassicModel>(new GlmRegressor(std::move(scores), params.link));
}

Status GlmRegressor::predict(ClassicCall& call) const {
  WF_TRY(const std::vector<double> x, call.vector());
  WF_TRY(std::vector<double> values, scores_(x));
  for (double& value : values) value = linked(link_, value);
  return put_regression(call, values);
}

Result<std::shared_ptr<const ClassicModel>> GlmClassifier::make(GlmParams params, ClassEncoding encoding,
                                                                Keys labels) {
  WF_TRY(LinearScores scores, LinearScores::make(std::move(params.weights), std::move(params.offsets)));
  const size_t classes = labels.size(), rows = scores.rows();
  const bool binary = classes == 2 && rows == 1;
  const size_t needed = encoding == ClassEncoding::kOneVsRest ? classes : classes - 1;
  WF_REQUIRE(binary || (classes > 0 && rows == needed), kBadModel,
             fmt::format("{} rows of weights for {} classes", rows, classes));
  WF_REQUIRE(binary || encoding == ClassEncoding::kOneVsRest || params.link == Link::kLogit, kUnsupported,
             "a probit link against a reference class is defined for two classes only");
  return std::shared_ptr<const ClassicModel>(
      new GlmClassifier(std::move(scores), params.link, encoding, std::move(labels)));
}

Status GlmClassifier::predict(ClassicCall& call) const {
  WF_TRY(const std::vector<double> x, call.vector());
  WF_TRY(std::vector<double> scores, scores_(x));
  if (scores.size() == 1 && labels_.size() == 2) {
    const double second = linked(link_, scores[0]);
    const double both[] = {1 - second, second};
    return put_class(call, labels_, scores[0] > 0 ? 1 : 0, both);
  }
  if (encoding_ == ClassEncoding::kReferenceClass) {
    scores.insert(scores.begin(), 0);
    const size_t best = index_of_largest(scores);
    return put_class(call, labels_, best, softmax(std::move(scores)));
  }
  // Compared before the link: there no two different scores are equal.
  const size_t best = index_of_largest(scores);
  for (double& score : scores) score = linked(link_, score);
  const double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
  for (double& score : scores) score = sum > 0 ? score / sum : 1.0 / static_cast<double>(scores.size());
  return put_class(call, labels_, best, scores);
}

}  // namespace wf
