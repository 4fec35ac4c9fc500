#include "classic/support_vector_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "classic/links.h"
#include "classic/regression.h"

namespace wf {

Result<std::shared_ptr<const ClassicModel>> SupportVectorRegressor::make(SupportVectors vectors,
                                                                         std::vector<double> coefficients,
                                                                         double rho) {
  WF_REQUIRE(coefficients.size() == vectors.size(), kBadModel,
             fmt::format("{} coefficients for {} support vectors", coefficients.size(), vectors.size()));
  return std::shared_ptr<const ClassicModel>(
      new SupportVectorRegressor(std::move(vectors), std::move(coefficients), rho));
}

Status SupportVectorRegressor::predict(ClassicCall& call) const {
  WF_TRY(const std::vector<double> x, call.vector());
  WF_TRY(const std::vector<double> kernels, vectors_.kernels(x, call));
  const double value = std::inner_product(kernels.begin(), kernels.end(), coefficients_.begin(), 0.0) - rho_;
  return put_regression(call, std::span(&value, 1));
}

Result<std::shared_ptr<const ClassicModel>> SupportVectorClassifier::make(
    SupportVectors vectors, SupportVectorClassifierParams params, Keys labels) {
  const size_t classes = params.vectors_per_class.size();
  WF_REQUIRE(classes >= 1 && labels.size() == classes, kBadModel,
             fmt::format("{} class labels, support vectors of {} classes", labels.size(), classes));
  size_t total = 0;
  for (const int64_t count : params.vectors_per_class) {
    WF_REQUIRE(count >= 0 && static_cast<uint64_t>(count) <= vectors.size() - total, kBadModel,
               fmt::format("a class of {} support vectors, there are {}", count, vectors.size()));
    total += static_cast<size_t>(count);
  }
  WF_REQUIRE(total == vectors.size(), kBadModel,
             fmt::format("classes of {} support vectors together, there are {}", total, vectors.size()));
  WF_REQUIRE(params.coefficients.size() == classes - 1, kBadModel,
             fmt::format("{} rows of coefficients for {} classes", params.coefficients.size(), classes));
  for (const std::vector<double>& row : params.coefficients) {
    WF_REQUIRE(row.size() == total, kBadModel,
               fmt::format("{} coefficients for {} support vectors", row.size(), total));
  }
  const size_t pairs = classes * (classes - 1) / 2;
  const auto fits = [&](const std::vector<double>& values) {
    return values.empty() || values.size() == pairs;
  };
  WF_REQUIRE(
      params.rho.size() == pairs && fits(params.prob_a) && params.prob_b.size() == params.prob_a.size(),
      kBadModel,
      fmt::format("{} rho, {} probA and {} probB for {} pairs of classes", params.rho.size(),
                  params.prob_a.size(), params.prob_b.size(), pairs));
  return std::shared_ptr<const ClassicModel>(
      new SupportVectorClassifier(std::move(vectors), std::move(params), std::move(labels)));
}

std::vector<double> SupportVectorClassifier::decisions(const std::vector<double>& kernels) const {
  const auto& counts = params_.vectors_per_class;
  std::vector<size_t> first(counts.size() + 1);
  for (size_t i = 0; i < counts.size(); ++i) first[i + 1] = first[i] + static_cast<size_t>(counts[i]);
  // The vectors of a class have k - 1 coefficients: one for each other class, in the order of classes.
  const auto part = [&](size_t of, size_t row) {
    double sum = 0;
    for (size_t v = first[of]; v < first[of + 1]; ++v) sum += params_.coefficients[row][v] * kernels[v];
    return sum;
  };
  std::vector<double> values;
  for (size_t i = 0; i < counts.size(); ++i) {
    for (size_t j = i + 1; j < counts.size(); ++j) {
      values.push_back(part(i, j - 1) + part(j, i) - params_.rho[values.size()]);
    }
  }
  return values;
}

std::vector<double> SupportVectorClassifier::votes(const std::vector<double>& decisions) const {
  std::vector<double> votes(labels_.size());
  size_t pair = 0;
  for (size_t i = 0; i < votes.size(); ++i) {
    for (size_t j = i + 1; j < votes.size(); ++j) votes[decisions[pair++] > 0 ? i : j] += 1;
  }
  return votes;
}

Result<std::vector<double>> SupportVectorClassifier::probabilities(const std::vector<double>& decisions,
                                                                   ClassicCall& call) const {
  constexpr double kLeast = 1e-7;  // libsvm's, so that no class is impossible
  const size_t classes = labels_.size();
  std::vector<std::vector<double>> pairs(classes, std::vector<double>(classes));
  size_t pair = 0;
  for (size_t i = 0; i < classes; ++i) {
    for (size_t j = i + 1; j < classes; ++j, ++pair) {
      const double p = logistic(-(decisions[pair] * params_.prob_a[pair] + params_.prob_b[pair]));
      // In this order NaN becomes the least, as in libsvm: it trains models whose coefficients are infinite.
      pairs[i][j] = std::min(std::max(kLeast, p), 1 - kLeast);
      pairs[j][i] = 1 - pairs[i][j];
    }
  }
  if (classes == 2) return std::vector<double>{pairs[0][1], pairs[1][0]};
  return coupled_probabilities(pairs, call);
}

Status SupportVectorClassifier::predict(ClassicCall& call) const {
  WF_TRY(const std::vector<double> x, call.vector());
  WF_TRY(const std::vector<double> kernels, vectors_.kernels(x, call));
  const std::vector<double> decided = decisions(kernels);
  if (params_.prob_a.empty()) {
    WF_REQUIRE(!call.output_feature(probabilities_output(call.interface())), kBadModel,
               "the description declares probabilities, the model has none (no probA and probB)");
    return put_class(call, labels_, index_of_largest(votes(decided)), {});
  }
  WF_TRY(const std::vector<double> each, probabilities(decided, call));
  return put_class(call, labels_, index_of_largest(each), each);
}

Result<std::vector<double>> coupled_probabilities(const std::vector<std::vector<double>>& pairs,
                                                  ClassicCall& call) {
  const size_t classes = pairs.size();
  // The minimum of p' Q p under sum(p) = 1, found by updating one element after the other.
  std::vector<std::vector<double>> q(classes, std::vector<double>(classes));
  for (size_t t = 0; t < classes; ++t) {
    for (size_t j = 0; j < classes; ++j) {
      if (j == t) continue;
      q[t][t] += pairs[j][t] * pairs[j][t];
      q[t][j] = -pairs[j][t] * pairs[t][j];
    }
  }
  std::vector<double> p(classes, 1.0 / static_cast<double>(classes)), qp(classes);
  const double close_enough = 0.005 / static_cast<double>(classes);
  const size_t most_rounds = std::max<size_t>(100, classes);
  for (size_t round = 0; round < most_rounds; ++round) {
    for (size_t t = 0; t < classes; ++t) qp[t] = std::inner_product(p.begin(), p.end(), q[t].begin(), 0.0);
    double pqp = std::inner_product(p.begin(), p.end(), qp.begin(), 0.0);
    double worst = 0;
    for (const double value : qp) worst = std::max(worst, std::abs(value - pqp));
    if (worst < close_enough) break;
    for (size_t t = 0; t < classes; ++t) {
      WF_CHECK(call.tick());
      const double step = (pqp - qp[t]) / q[t][t];
      p[t] += step;
      pqp = (pqp + step * (step * q[t][t] + 2 * qp[t])) / ((1 + step) * (1 + step));
      for (size_t j = 0; j < classes; ++j) {
        qp[j] = (qp[j] + step * q[t][j]) / (1 + step);
        p[j] /= 1 + step;
      }
    }
  }
  return p;
}

}  // namespace wf
