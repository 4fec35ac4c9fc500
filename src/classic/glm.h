// Generalized linear models.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "classic/class_labels.h"
#include "classic/model.h"

namespace wf {

enum class Link : uint8_t { kNone, kLogit, kProbit };
enum class ClassEncoding : uint8_t { kReferenceClass, kOneVsRest };  // the format's numbers

struct GlmParams {
  std::vector<std::vector<double>> weights;  // one row for each score
  std::vector<double> offsets;               // one for each row; none: zeros
  Link link = Link::kNone;
};

// weights * x + offsets, checked to have rows of one length.
class LinearScores {
 public:
  static Result<LinearScores> make(std::vector<std::vector<double>> weights, std::vector<double> offsets);
  size_t rows() const { return weights_.size(); }
  Result<std::vector<double>> operator()(std::span<const double> x) const;

 private:
  std::vector<std::vector<double>> weights_;
  std::vector<double> offsets_;
};

class GlmRegressor final : public ClassicModel {
 public:
  static Result<std::shared_ptr<const ClassicModel>> make(GlmParams params);
  Status predict(ClassicCall& call) const override;

 private:
  GlmRegressor(LinearScores scores, Link link) : scores_(std::move(scores)), link_(link) {}
  LinearScores scores_;
  Link link_;
};

class GlmClassifier final : public ClassicModel {
 public:
  static Result<std::shared_ptr<const ClassicModel>> make(GlmParams params, ClassEncoding encoding,
                                                          Keys labels);
  Status predict(ClassicCall& call) const override;

 private:
  GlmClassifier(LinearScores scores, Link link, ClassEncoding encoding, Keys labels)
      : scores_(std::move(scores)), link_(link), encoding_(encoding), labels_(std::move(labels)) {}
  LinearScores scores_;
  Link link_;
  ClassEncoding encoding_;
  Keys labels_;
};

}  // namespace wf
