#include "classic/suppression.h"

#include "formats/mlmodel/classic/readers.h"
#include "proto/classic.h"

namespace wf {
namespace {

void add_threshold(const std::string& name, Interface& interface) {
  if (name.empty() || interface.find_input(name)) return;
  Feature feature;
  feature.name = name;
  feature.doc = "overrides the model's own threshold";
  feature.optional = true;
  feature.type = DoubleFeature{};
  interface.inputs.push_back(std::move(feature));
}

}  // namespace

Result<std::shared_ptr<const ClassicModel>> read_suppression(const Message& message, Interface& interface) {
  using Field = proto::NonMaximumSuppression;
  SuppressionParams params;
  params.iou_threshold = message.f64(Field::kIouThreshold);
  params.confidence_threshold = message.f64(Field::kConfidenceThreshold);
  params.per_class = message.message(Field::kPickTop).flag(proto::PickTop::kPerClass);
  params.confidence_input = message.text(Field::kConfidenceInputFeatureName);
  params.coordinates_input = message.text(Field::kCoordinatesInputFeatureName);
  params.iou_threshold_input = message.text(Field::kIouThresholdInputFeatureName);
  params.confidence_threshold_input = message.text(Field::kConfidenceThresholdInputFeatureName);
  params.confidence_output = message.text(Field::kConfidenceOutputFeatureName);
  params.coordinates_output = message.text(Field::kCoordinatesOutputFeatureName);
  add_threshold(params.iou_threshold_input, interface);
  add_threshold(params.confidence_threshold_input, interface);
  return std::shared_ptr<const ClassicModel>(std::make_shared<Suppression>(std::move(params)));
}

}  // namespace wf
