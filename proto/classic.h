// Field numbers of the classical model types: a message each in its own .proto file of the format.
#pragma once

#include <cstdint>

namespace wf::proto {

struct ArrayFeatureExtractor {
  enum : uint32_t { kExtractIndex = 1 };
};
struct BayesianProbitRegressor {
  enum : uint32_t {
    kNumberOfFeatures = 1,
    kBias = 2,
    kFeatures = 3,
    kRegressionInputFeatureName = 10,
    kOptimismInputFeatureName = 11,
    kSamplingScaleInputFeatureName = 12,
    kSamplingTruncationInputFeatureName = 13,
    kMeanOutputFeatureName = 20,
    kVarianceOutputFeatureName = 21,
    kPessimisticProbabilityOutputFeatureName = 22,
    kSampledProbabilityOutputFeatureName = 23
  };
};
struct Gaussian {
  enum : uint32_t { kMean = 1, kPrecision = 2 };
};
struct FeatureValueWeight {
  enum : uint32_t { kFeatureValue = 1, kFeatureWeight = 2 };
};
struct FeatureWeight {
  enum : uint32_t { kFeatureId = 1, kWeights = 2 };
};
struct CategoricalMapping {
  enum : uint32_t { kStringToInt64Map = 1, kInt64ToStringMap = 2, kStrValue = 101, kInt64Value = 102 };
};
struct DictVectorizer {
  enum : uint32_t { kStringToIndex = 1, kInt64ToIndex = 2 };
};
struct FeatureVectorizer {
  enum : uint32_t { kInputList = 1 };
};
struct InputColumn {
  enum : uint32_t { kInputColumn = 1, kInputDimensions = 2 };
};
struct GlmClassifier {
  enum : uint32_t {
    kWeights = 1,
    kOffset = 2,
    kPostEvaluationTransform = 3,
    kClassEncoding = 4,
    kStringClassLabels = 100,
    kInt64ClassLabels = 101
  };
};
struct DoubleArray {
  enum : uint32_t { kValue = 1 };
};
struct GlmRegressor {
  enum : uint32_t { kWeights = 1, kOffset = 2, kPostEvaluationTransform = 3 };
};
struct Imputer {
  enum : uint32_t {
    kImputedDoubleValue = 1,
    kImputedInt64Value = 2,
    kImputedStringValue = 3,
    kImputedDoubleArray = 4,
    kImputedInt64Array = 5,
    kImputedStringDictionary = 6,
    kImputedInt64Dictionary = 7,
    kReplaceDoubleValue = 11,
    kReplaceInt64Value = 12,
    kReplaceStringValue = 13
  };
};
struct ItemSimilarityRecommender {
  enum : uint32_t {
    kItemItemSimilarities = 1,
    kItemStringIds = 2,
    kItemInt64Ids = 3,
    kItemInputFeatureName = 10,
    kNumRecommendationsInputFeatureName = 11,
    kItemRestrictionInputFeatureName = 12,
    kItemExclusionInputFeatureName = 13,
    kRecommendedItemListOutputFeatureName = 20,
    kRecommendedItemScoreOutputFeatureName = 21
  };
};
struct ConnectedItem {
  enum : uint32_t { kItemId = 1, kSimilarityScore = 2 };
};
struct SimilarItems {
  enum : uint32_t { kItemId = 1, kSimilarItemList = 2, kItemScoreAdjustment = 3 };
};
struct LinkedModel {
  enum : uint32_t { kLinkedModelFile = 1 };
};
struct LinkedModelFile {
  enum : uint32_t { kLinkedModelFileName = 1, kLinkedModelSearchPath = 2 };
};
struct KNearestNeighborsClassifier {
  enum : uint32_t {
    kNearestNeighborsIndex = 1,
    kNumberOfNeighbors = 3,
    kStringClassLabels = 100,
    kInt64ClassLabels = 101,
    kDefaultStringLabel = 110,
    kDefaultInt64Label = 111,
    kUniformWeighting = 200,
    kInverseDistanceWeighting = 210
  };
};
struct NearestNeighborsIndex {
  enum : uint32_t {
    kNumberOfDimensions = 1,
    kFloatSamples = 2,
    kLinearIndex = 100,
    kSingleKdTreeIndex = 110,
    kSquaredEuclideanDistance = 200
  };
};
struct SingleKdTreeIndex {
  enum : uint32_t { kLeafSize = 1 };
};
struct NonMaximumSuppression {
  enum : uint32_t {
    kPickTop = 1,
    kStringClassLabels = 100,
    kInt64ClassLabels = 101,
    kIouThreshold = 110,
    kConfidenceThreshold = 111,
    kConfidenceInputFeatureName = 200,
    kCoordinatesInputFeatureName = 201,
    kIouThresholdInputFeatureName = 202,
    kConfidenceThresholdInputFeatureName = 203,
    kConfidenceOutputFeatureName = 210,
    kCoordinatesOutputFeatureName = 211
  };
};
struct PickTop {
  enum : uint32_t { kPerClass = 1 };
};
struct Normalizer {
  enum : uint32_t { kNormType = 1 };
};
struct OneHotEncoder {
  enum : uint32_t { kStringCategories = 1, kInt64Categories = 2, kOutputSparse = 10, kHandleUnknown = 11 };
};
struct Int64Parameter {
  enum : uint32_t { kDefaultValue = 1, kRange = 10, kSet = 11 };
};
struct StringParameter {
  enum : uint32_t { kDefaultValue = 1 };
};
struct RBFKernel {
  enum : uint32_t { kGamma = 1 };
};
struct PolyKernel {
  enum : uint32_t { kDegree = 1, kC = 2, kGamma = 3 };
};
struct SigmoidKernel {
  enum : uint32_t { kGamma = 1, kC = 2 };
};
struct Kernel {
  enum : uint32_t { kLinearKernel = 1, kRbfKernel = 2, kPolyKernel = 3, kSigmoidKernel = 4 };
};
struct SparseNode {
  enum : uint32_t { kIndex = 1, kValue = 2 };
};
struct SparseVector {
  enum : uint32_t { kNodes = 1 };
};
struct SparseSupportVectors {
  enum : uint32_t { kVectors = 1 };
};
struct DenseVector {
  enum : uint32_t { kValues = 1 };
};
struct DenseSupportVectors {
  enum : uint32_t { kVectors = 1 };
};
struct Coefficients {
  enum : uint32_t { kAlpha = 1 };
};
struct SupportVectorRegressor {
  enum : uint32_t {
    kKernel = 1,
    kSparseSupportVectors = 2,
    kDenseSupportVectors = 3,
    kCoefficients = 4,
    kRho = 5
  };
};
struct SupportVectorClassifier {
  enum : uint32_t {
    kKernel = 1,
    kNumberOfSupportVectorsPerClass = 2,
    kSparseSupportVectors = 3,
    kDenseSupportVectors = 4,
    kCoefficients = 5,
    kRho = 6,
    kProbA = 7,
    kProbB = 8,
    kStringClassLabels = 100,
    kInt64ClassLabels = 101
  };
};
struct Scaler {
  enum : uint32_t { kShiftValue = 1, kScaleValue = 2 };
};
struct TreeEnsembleParameters {
  enum : uint32_t { kNodes = 1, kNumPredictionDimensions = 2, kBasePredictionValue = 3 };
};
struct TreeNode {
  enum : uint32_t {
    kTreeId = 1,
    kNodeId = 2,
    kNodeBehavior = 3,
    kBranchFeatureIndex = 10,
    kBranchFeatureValue = 11,
    kTrueChildNodeId = 12,
    kFalseChildNodeId = 13,
    kMissingValueTracksTrueChild = 14,
    kEvaluationInfo = 20,
    kRelativeHitRate = 30
  };
};
struct EvaluationInfo {
  enum : uint32_t { kEvaluationIndex = 1, kEvaluationValue = 2 };
};
struct TreeEnsembleClassifier {
  enum : uint32_t {
    kTreeEnsemble = 1,
    kPostEvaluationTransform = 2,
    kStringClassLabels = 100,
    kInt64ClassLabels = 101
  };
};
struct TreeEnsembleRegressor {
  enum : uint32_t { kTreeEnsemble = 1, kPostEvaluationTransform = 2 };
};

}  // namespace wf::proto
