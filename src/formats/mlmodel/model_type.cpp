#include "formats/mlmodel/model_type.h"

#include <array>

#include "proto/model.h"

namespace wf {
namespace {

using Field = proto::Model;

constexpr std::string_view kText = "the language models of Apple's Natural Language framework";

constexpr ModelType classic(uint32_t field, std::string_view name, ClassicReader& read) {
  return {field, name, ModelKind::kClassic, {}, Supplier::kWindfall, &read};
}
constexpr ModelType apple(uint32_t field, std::string_view name, std::string_view needs) {
  return {field, name, ModelKind::kOther, needs, Supplier::kApple};
}

constexpr std::array kTypes = {
    ModelType{Field::kMlProgram, "mlProgram", ModelKind::kProgram},
    ModelType{Field::kNeuralNetwork, "neuralNetwork", ModelKind::kNeuralNetwork},
    ModelType{Field::kNeuralNetworkClassifier, "neuralNetworkClassifier", ModelKind::kNeuralNetwork},
    ModelType{Field::kNeuralNetworkRegressor, "neuralNetworkRegressor", ModelKind::kNeuralNetwork},
    ModelType{Field::kPipeline, "pipeline", ModelKind::kPipeline},
    ModelType{Field::kPipelineClassifier, "pipelineClassifier", ModelKind::kPipeline},
    ModelType{Field::kPipelineRegressor, "pipelineRegressor", ModelKind::kPipeline},
    classic(Field::kGlmRegressor, "glmRegressor", read_glm_regressor),
    classic(Field::kSupportVectorRegressor, "supportVectorRegressor", read_support_vector_regressor),
    classic(Field::kTreeEnsembleRegressor, "treeEnsembleRegressor", read_tree_ensemble_regressor),
    classic(Field::kBayesianProbitRegressor, "bayesianProbitRegressor", read_bayesian_probit_regressor),
    classic(Field::kGlmClassifier, "glmClassifier", read_glm_classifier),
    classic(Field::kSupportVectorClassifier, "supportVectorClassifier", read_support_vector_classifier),
    classic(Field::kTreeEnsembleClassifier, "treeEnsembleClassifier", read_tree_ensemble_classifier),
    classic(Field::kKNearestNeighborsClassifier, "kNearestNeighborsClassifier",
            read_nearest_neighbors_classifier),
    classic(Field::kItemSimilarityRecommender, "itemSimilarityRecommender", read_item_similarity_recommender),
    classic(Field::kClassConfidenceThresholding, "classConfidenceThresholding", read_identity),
    classic(Field::kOneHotEncoder, "oneHotEncoder", read_one_hot_encoder),
    classic(Field::kImputer, "imputer", read_imputer),
    classic(Field::kFeatureVectorizer, "featureVectorizer", read_feature_vectorizer),
    classic(Field::kDictVectorizer, "dictVectorizer", read_dict_vectorizer),
    classic(Field::kScaler, "scaler", read_scaler),
    classic(Field::kCategoricalMapping, "categoricalMapping", read_categorical_mapping),
    classic(Field::kNormalizer, "normalizer", read_normalizer),
    classic(Field::kArrayFeatureExtractor, "arrayFeatureExtractor", read_array_feature_extractor),
    classic(Field::kNonMaximumSuppression, "nonMaximumSuppression", read_suppression),
    classic(Field::kIdentity, "identity", read_identity),
    ModelType{Field::kCustomModel, "customModel", ModelKind::kOther,
              "the code of the app the model was made for", Supplier::kCaller},
    ModelType{Field::kLinkedModel, "linkedModel", ModelKind::kLinked},
    apple(Field::kTextClassifier, "textClassifier", kText),
    apple(Field::kWordTagger, "wordTagger", kText),
    apple(Field::kGazetteer, "gazetteer", kText),
    apple(Field::kWordEmbedding, "wordEmbedding", kText),
    apple(Field::kVisionFeaturePrint, "visionFeaturePrint",
          "the image feature network inside Apple's systems"),
    apple(Field::kAudioFeaturePrint, "audioFeaturePrint", "the sound feature network inside Apple's systems"),
    apple(Field::kSoundAnalysisPreprocessing, "soundAnalysisPreprocessing",
          "the front end of Apple's Sound Analysis framework"),
    apple(Field::kSerializedModel, "serializedModel",
          "the framework of Apple that made it: its contents are opaque"),
};

}  // namespace

std::span<const ModelType> model_types() { return kTypes; }

}  // namespace wf
