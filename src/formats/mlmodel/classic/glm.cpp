#include "classic/glm.h"

#include <fmt/format.h>

#include "formats/mlmodel/classic/keys.h"
#include "formats/mlmodel/classic/readers.h"
#include "proto/classic.h"

namespace wf {
namespace {

// Classifier and regressor number their rows and offsets alike.
GlmParams read_params(const Message& message) {
  static_assert(static_cast<int>(proto::GlmClassifier::kWeights) == proto::GlmRegressor::kWeights);
  static_assert(static_cast<int>(proto::GlmClassifier::kOffset) == proto::GlmRegressor::kOffset);
  GlmParams params;
  for (const Message& row : message.messages(proto::GlmRegressor::kWeights)) {
    params.weights.push_back(row.doubles(proto::DoubleArray::kValue));
  }
  params.offsets = message.doubles(proto::GlmRegressor::kOffset);
  return params;
}

Error no_transform(uint64_t code) {
  return {ErrorCode::kBadModel, fmt::format("post evaluation transform {} does not exist", code)};
}

}  // namespace

Result<std::shared_ptr<const ClassicModel>> read_glm_regressor(const Message& message, Interface&) {
  constexpr Link kLinks[] = {Link::kNone, Link::kLogit, Link::kProbit};
  GlmParams params = read_params(message);
  const uint64_t transform = message.u64(proto::GlmRegressor::kPostEvaluationTransform);
  if (transform >= std::size(kLinks)) return no_transform(transform);
  params.link = kLinks[transform];
  return GlmRegressor::make(std::move(params));
}

Result<std::shared_ptr<const ClassicModel>> read_glm_classifier(const Message& message, Interface&) {
  using Field = proto::GlmClassifier;
  constexpr Link kLinks[] = {Link::kLogit, Link::kProbit};
  GlmParams params = read_params(message);
  const uint64_t transform = message.u64(Field::kPostEvaluationTransform);
  if (transform >= std::size(kLinks)) return no_transform(transform);
  params.link = kLinks[transform];
  const uint64_t encoding = message.u64(Field::kClassEncoding);
  WF_REQUIRE(encoding <= static_cast<uint64_t>(ClassEncoding::kOneVsRest), kBadModel,
             fmt::format("class encoding {} does not exist", encoding));
  return GlmClassifier::make(std::move(params), static_cast<ClassEncoding>(encoding),
                             read_keys(message, Field::kStringClassLabels, Field::kInt64ClassLabels));
}

}  // namespace wf
