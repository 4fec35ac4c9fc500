// Support vector machines with libsvm's decision functions.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "classic/class_labels.h"
#include "classic/model.h"
#include "classic/support_vectors.h"

namespace wf {

class SupportVectorRegressor final : public ClassicModel {
 public:
  // One coefficient for each vector.
  static Result<std::shared_ptr<const ClassicModel>> make(SupportVectors vectors,
                                                          std::vector<double> coefficients, double rho);
  Status predict(ClassicCall& call) const override;

 private:
  SupportVectorRegressor(SupportVectors vectors, std::vector<double> coefficients, double rho)
      : vectors_(std::move(vectors)), coefficients_(std::move(coefficients)), rho_(rho) {}
  SupportVectors vectors_;
  std::vector<double> coefficients_;
  double rho_;
};

// A classifier of k classes decides between every two of them: k (k - 1) / 2 pairs, (0, 1), (0, 2), ...
struct SupportVectorClassifierParams {
  std::vector<int64_t> vectors_per_class;         // the vectors are sorted by class
  std::vector<std::vector<double>> coefficients;  // [k - 1][vectors]
  std::vector<double> rho;                        // for each pair
  std::vector<double> prob_a, prob_b;             // for each pair, or none: no probabilities
};

class SupportVectorClassifier final : public ClassicModel {
 public:
  static Result<std::shared_ptr<const ClassicModel>> make(SupportVectors vectors,
                                                          SupportVectorClassifierParams params, Keys labels);
  Status predict(ClassicCall& call) const override;

 private:
  SupportVectorClassifier(SupportVectors vectors, SupportVectorClassifierParams params, Keys labels)
      : vectors_(std::move(vectors)), params_(std::move(params)), labels_(std::move(labels)) {}
  std::vector<double> decisions(const std::vector<double>& kernels) const;
  std::vector<double> votes(const std::vector<double>& decisions) const;
  Result<std::vector<double>> probabilities(const std::vector<double>& decisions, ClassicCall& call) const;

  SupportVectors vectors_;
  SupportVectorClassifierParams params_;
  Keys labels_;
};

// Probabilities p with p[i] / (p[i] + p[j]) as close to pairs[i][j] as can be: the second method of Wu, Lin
// and Weng, "Probability Estimates for Multi-class Classification by Pairwise Coupling" (2004), which libsvm
// uses.
Result<std::vector<double>> coupled_probabilities(const std::vector<std::vector<double>>& pairs,
                                                  ClassicCall& call);

}  // namespace wf
