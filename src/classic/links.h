// Functions between scores and probabilities that several models share.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace wf {

inline double logistic(double x) {
  if (x >= 0) return 1 / (1 + std::exp(-x));
  const double e = std::exp(x);  // does not overflow
  return e / (1 + e);
}

// The cumulative distribution of the standard normal distribution.
inline double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

inline std::vector<double> softmax(std::vector<double> scores) {
  if (scores.empty()) return scores;
  const double largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double& score : scores) sum += score = std::exp(score - largest);
  for (double& score : scores) score /= sum;
  return scores;
}

}  // namespace wf
