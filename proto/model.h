// Field numbers of Model.proto: the message a .mlmodel file consists of.
// A field is named as in the format, in CamelCase; src/formats/wire/message.h reads them in place.
#pragma once

#include <cstdint>

namespace wf::proto {

struct Pipeline {
  enum : uint32_t { kModels = 1, kNames = 2 };
};
struct PipelineClassifier {
  enum : uint32_t { kPipeline = 1 };
};
struct PipelineRegressor {
  enum : uint32_t { kPipeline = 1 };
};
struct FeatureDescription {
  enum : uint32_t { kName = 1, kShortDescription = 2, kType = 3 };
};
struct Metadata {
  enum : uint32_t {
    kShortDescription = 1,
    kVersionString = 2,
    kAuthor = 3,
    kLicense = 4,
    kUserDefined = 100,
  };
};
// Of one function of a multifunction program; the fields of ModelDescription are empty then.
struct FunctionDescription {
  enum : uint32_t {
    kName = 1,
    kInput = 2,
    kOutput = 3,
    kPredictedFeatureName = 4,
    kPredictedProbabilitiesName = 5,
    kState = 6,
  };
};
struct ModelDescription {
  enum : uint32_t {
    kInput = 1,
    kOutput = 10,
    kPredictedFeatureName = 11,
    kPredictedProbabilitiesName = 12,
    kState = 13,
    kFunctions = 20,
    kDefaultFunctionName = 21,
    kTrainingInput = 50,
    kMetadata = 100,
  };
};
// An opaque model of another framework of Apple.
struct SerializedModel {
  enum : uint32_t { kIdentifier = 1, kModel = 2 };
};
struct Model {
  enum : uint32_t {
    kSpecificationVersion = 1,
    kDescription = 2,
    kIsUpdatable = 10,
    // One of these, the oneof "Type": what the model is.
    kPipelineClassifier = 200,
    kPipelineRegressor = 201,
    kPipeline = 202,
    kGlmRegressor = 300,
    kSupportVectorRegressor = 301,
    kTreeEnsembleRegressor = 302,
    kNeuralNetworkRegressor = 303,
    kBayesianProbitRegressor = 304,
    kGlmClassifier = 400,
    kSupportVectorClassifier = 401,
    kTreeEnsembleClassifier = 402,
    kNeuralNetworkClassifier = 403,
    kKNearestNeighborsClassifier = 404,
    kNeuralNetwork = 500,
    kItemSimilarityRecommender = 501,
    kMlProgram = 502,
    kCustomModel = 555,
    kLinkedModel = 556,
    kClassConfidenceThresholding = 560,
    kOneHotEncoder = 600,
    kImputer = 601,
    kFeatureVectorizer = 602,
    kDictVectorizer = 603,
    kScaler = 604,
    kCategoricalMapping = 606,
    kNormalizer = 607,
    kArrayFeatureExtractor = 609,
    kNonMaximumSuppression = 610,
    kIdentity = 900,
    kTextClassifier = 2000,
    kWordTagger = 2001,
    kVisionFeaturePrint = 2002,
    kSoundAnalysisPreprocessing = 2003,
    kGazetteer = 2004,
    kWordEmbedding = 2005,
    kAudioFeaturePrint = 2006,
    kSerializedModel = 3000,
  };
};

}  // namespace wf::proto
