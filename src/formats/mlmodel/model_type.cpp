#include "formats/mlmodel/model_type.h"

#include <array>

#include "proto/model.h"

namespace wf {
namespace {

using Field = proto::Model;

constexpr std::string_view kClassical = "the classical model types";
constexpr std::string_view kText = "the language models of Apple's Natural Language framework";

constexpr ModelType classical(uint32_t field, std::string_view name) {
  return {field, name, ModelKind::kOther, kClassical};
}
constexpr ModelType apple(uint32_t field, std::string_view name, std::string_view needs) {
  return {field, name, ModelKind::kOther, needs, true};
}

constexpr std::array kTypes = {
    ModelType{Field::kMlProgram, "mlProgram", ModelKind::kProgram},
    ModelType{Field::kNeuralNetwork, "neuralNetwork", ModelKind::kNeuralNetwork},
    ModelType{Field::kNeuralNetworkClassifier, "neuralNetworkClassifier", ModelKind::kNeuralNetwork},
    ModelType{Field::kNeuralNetworkRegressor, "neuralNetworkRegressor", ModelKind::kNeuralNetwork},
    ModelType{Field::kPipeline, "pipeline", ModelKind::kPipeline, "pipelines of models"},
    ModelType{Field::kPipelineClassifier, "pipelineClassifier", ModelKind::kPipeline, "pipelines of models"},
    ModelType{Field::kPipelineRegressor, "pipelineRegressor", ModelKind::kPipeline, "pipelines of models"},
    classical(Field::kGlmRegressor, "glmRegressor"),
    classical(Field::kSupportVectorRegressor, "supportVectorRegressor"),
    classical(Field::kTreeEnsembleRegressor, "treeEnsembleRegressor"),
    classical(Field::kBayesianProbitRegressor, "bayesianProbitRegressor"),
    classical(Field::kGlmClassifier, "glmClassifier"),
    classical(Field::kSupportVectorClassifier, "supportVectorClassifier"),
    classical(Field::kTreeEnsembleClassifier, "treeEnsembleClassifier"),
    classical(Field::kKNearestNeighborsClassifier, "kNearestNeighborsClassifier"),
    classical(Field::kItemSimilarityRecommender, "itemSimilarityRecommender"),
    classical(Field::kClassConfidenceThresholding, "classConfidenceThresholding"),
    classical(Field::kOneHotEncoder, "oneHotEncoder"),
    classical(Field::kImputer, "imputer"),
    classical(Field::kFeatureVectorizer, "featureVectorizer"),
    classical(Field::kDictVectorizer, "dictVectorizer"),
    classical(Field::kScaler, "scaler"),
    classical(Field::kCategoricalMapping, "categoricalMapping"),
    classical(Field::kNormalizer, "normalizer"),
    classical(Field::kArrayFeatureExtractor, "arrayFeatureExtractor"),
    classical(Field::kNonMaximumSuppression, "nonMaximumSuppression"),
    classical(Field::kIdentity, "identity"),
    ModelType{Field::kCustomModel, "customModel", ModelKind::kOther,
              "the code of the app the model was made for"},
    ModelType{Field::kLinkedModel, "linkedModel", ModelKind::kOther, "the other model file it points to"},
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
