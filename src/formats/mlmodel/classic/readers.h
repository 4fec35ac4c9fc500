// The messages of the classical model types as models that run. One reader for each type of the Model
// message.
#pragma once

#include <memory>

#include "base/error.h"
#include "classic/model.h"
#include "formats/wire/message.h"
#include "program/description.h"

namespace wf {

// `interface` is the model's own description. Suppression adds the thresholds that it takes to the inputs:
// descriptions leave them out though a caller may give them.
using ClassicReader = Result<std::shared_ptr<const ClassicModel>>(const Message& parameters,
                                                                  Interface& interface);

ClassicReader read_tree_ensemble_regressor, read_tree_ensemble_classifier;
ClassicReader read_glm_regressor, read_glm_classifier;
ClassicReader read_support_vector_regressor, read_support_vector_classifier;
ClassicReader read_nearest_neighbors_classifier;
ClassicReader read_bayesian_probit_regressor;
ClassicReader read_item_similarity_recommender;
ClassicReader read_suppression;
ClassicReader read_scaler, read_normalizer, read_imputer;
ClassicReader read_one_hot_encoder, read_categorical_mapping, read_dict_vectorizer;
ClassicReader read_feature_vectorizer, read_array_feature_extractor;
ClassicReader read_identity;  // of identity and of classConfidenceThresholding

}  // namespace wf
