#include "classic/nearest_neighbors.h"

#include "formats/mlmodel/classic/keys.h"
#include "formats/mlmodel/classic/readers.h"
#include "proto/classic.h"
#include "proto/data_structures.h"

namespace wf {

Result<std::shared_ptr<const ClassicModel>> read_nearest_neighbors_classifier(const Message& message,
                                                                              Interface&) {
  using Field = proto::KNearestNeighborsClassifier;
  const Message index = message.message(Field::kNearestNeighborsIndex);
  NearestNeighborsParams params;
  params.neighbors = message.message(Field::kNumberOfNeighbors).i64(proto::Int64Parameter::kDefaultValue);
  params.dimensions = index.i64(proto::NearestNeighborsIndex::kNumberOfDimensions);
  for (const Message& sample : index.messages(proto::NearestNeighborsIndex::kFloatSamples)) {
    params.samples.push_back(sample.floats(proto::FloatVector::kVector));
  }
  params.labels = read_keys(message, Field::kStringClassLabels, Field::kInt64ClassLabels);
  switch (message.which({Field::kDefaultStringLabel, Field::kDefaultInt64Label})) {
    case Field::kDefaultStringLabel:
      params.default_label = {message.text(Field::kDefaultStringLabel)};
      break;
    case Field::kDefaultInt64Label:
      params.default_label = {message.i64(Field::kDefaultInt64Label)};
      break;
    default:
      break;
  }
  params.inverse_distance = message.which({Field::kUniformWeighting, Field::kInverseDistanceWeighting}) ==
                            Field::kInverseDistanceWeighting;
  return NearestNeighborsClassifier::make(std::move(params));
}

}  // namespace wf
