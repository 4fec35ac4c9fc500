// Field numbers of NeuralNetwork.proto: the parameters of each layer type. One struct per message, one
// constant per field; layers without parameters are left out.
#pragma once

#include <cstdint>

namespace wf::proto {

enum class ScatterMode : uint64_t {
  kScatterUpdate = 0,
  kScatterAdd = 1,
  kScatterSub = 2,
  kScatterMul = 3,
  kScatterDiv = 4,
  kScatterMax = 5,
  kScatterMin = 6
};

struct ActivationLeakyReLU {
  enum : uint32_t { kAlpha = 1 };
};
struct ActivationScaledTanh {
  enum : uint32_t { kAlpha = 1, kBeta = 2 };
};
struct ActivationLinear {
  enum : uint32_t { kAlpha = 1, kBeta = 2 };
};
struct ActivationSigmoidHard {
  enum : uint32_t { kAlpha = 1, kBeta = 2 };
};
struct ActivationPReLU {
  enum : uint32_t { kAlpha = 1 };
};
struct ActivationELU {
  enum : uint32_t { kAlpha = 1 };
};
struct ActivationThresholdedReLU {
  enum : uint32_t { kAlpha = 1 };
};
struct ActivationParametricSoftplus {
  enum : uint32_t { kAlpha = 1, kBeta = 2 };
};
struct ActivationParams {
  enum : uint32_t {
    kLinear = 5,
    kReLU = 10,
    kLeakyReLU = 15,
    kThresholdedReLU = 20,
    kPReLU = 25,
    kTanh = 30,
    kScaledTanh = 31,
    kSigmoid = 40,
    kSigmoidHard = 41,
    kELU = 50,
    kSoftsign = 60,
    kSoftplus = 70,
    kParametricSoftplus = 71
  };
};
struct BranchLayerParams {
  enum : uint32_t { kIfBranch = 1, kElseBranch = 2 };
};
struct LoopLayerParams {
  enum : uint32_t { kMaxLoopIterations = 1, kConditionVar = 2, kConditionNetwork = 3, kBodyNetwork = 4 };
};
struct GreaterThanLayerParams {
  enum : uint32_t { kAlpha = 2 };
};
struct GreaterEqualLayerParams {
  enum : uint32_t { kAlpha = 2 };
};
struct LessThanLayerParams {
  enum : uint32_t { kAlpha = 2 };
};
struct LessEqualLayerParams {
  enum : uint32_t { kAlpha = 2 };
};
struct EqualLayerParams {
  enum : uint32_t { kAlpha = 1 };
};
struct NotEqualLayerParams {
  enum : uint32_t { kAlpha = 1 };
};
struct BorderAmounts {
  enum : uint32_t { kBorderAmounts = 10 };
};
struct EdgeSizes {
  enum : uint32_t { kStartEdgeSize = 1, kEndEdgeSize = 2 };
};
struct ValidPadding {
  enum : uint32_t { kPaddingAmounts = 1 };
};
struct SamePadding {
  enum class SamePaddingMode : uint64_t { kBottomRightHeavy = 0, kTopLeftHeavy = 1 };
  enum : uint32_t { kAsymmetryMode = 1 };
};
struct SamplingMode {
  enum class Method : uint64_t {
    kStrictAlignEndpointsMode = 0,
    kAlignEndpointsMode = 1,
    kUpsampleMode = 2,
    kRoiAlignMode = 3
  };
  enum : uint32_t { kSamplingMethod = 1 };
};
struct BoxCoordinatesMode {
  enum class Coordinates : uint64_t {
    kCornersHeightFirst = 0,
    kCornersWidthFirst = 1,
    kCenterSizeHeightFirst = 2,
    kCenterSizeWidthFirst = 3
  };
  enum : uint32_t { kBoxMode = 1 };
};
struct ConvolutionLayerParams {
  enum : uint32_t {
    kOutputChannels = 1,
    kKernelChannels = 2,
    kNGroups = 10,
    kKernelSize = 20,
    kStride = 30,
    kDilationFactor = 40,
    kValid = 50,
    kSame = 51,
    kIsDeconvolution = 60,
    kHasBias = 70,
    kWeights = 90,
    kBias = 91,
    kOutputShape = 100
  };
};
struct Convolution3DLayerParams {
  enum class PaddingType : uint64_t { kCustom = 0, kValid = 1, kSame = 2 };
  enum : uint32_t {
    kOutputChannels = 1,
    kInputChannels = 2,
    kNGroups = 10,
    kKernelDepth = 20,
    kKernelHeight = 21,
    kKernelWidth = 22,
    kStrideDepth = 31,
    kStrideHeight = 32,
    kStrideWidth = 33,
    kDilationDepth = 40,
    kDilationHeight = 41,
    kDilationWidth = 42,
    kHasBias = 50,
    kWeights = 60,
    kBias = 61,
    kPaddingType = 70,
    kCustomPaddingFront = 80,
    kCustomPaddingBack = 81,
    kCustomPaddingTop = 82,
    kCustomPaddingBottom = 83,
    kCustomPaddingLeft = 84,
    kCustomPaddingRight = 85,
    kIsDeconvolution = 86,
    kOutputShape = 87
  };
};
struct InnerProductLayerParams {
  enum : uint32_t {
    kInputChannels = 1,
    kOutputChannels = 2,
    kHasBias = 10,
    kWeights = 20,
    kBias = 21,
    kInt8DynamicQuantize = 22
  };
};
struct EmbeddingLayerParams {
  enum : uint32_t { kInputDim = 1, kOutputChannels = 2, kHasBias = 10, kWeights = 20, kBias = 21 };
};
struct EmbeddingNDLayerParams {
  enum : uint32_t { kVocabSize = 1, kEmbeddingSize = 2, kHasBias = 3, kWeights = 20, kBias = 21 };
};
struct BatchnormLayerParams {
  enum : uint32_t {
    kChannels = 1,
    kComputeMeanVar = 5,
    kInstanceNormalization = 6,
    kEpsilon = 10,
    kGamma = 15,
    kBeta = 16,
    kMean = 17,
    kVariance = 18
  };
};
struct PoolingLayerParams {
  enum class PoolingType : uint64_t { kMax = 0, kAverage = 1, kL2 = 2 };
  enum : uint32_t {
    kType = 1,
    kKernelSize = 10,
    kStride = 20,
    kValid = 30,
    kSame = 31,
    kIncludeLastPixel = 32,
    kAvgPoolExcludePadding = 50,
    kGlobalPooling = 60
  };
};
struct ValidCompletePadding {
  enum : uint32_t { kPaddingAmounts = 10 };
};
struct Pooling3DLayerParams {
  enum class PoolingType3D : uint64_t { kMax = 0, kAverage = 1 };
  enum class Pooling3DPaddingType : uint64_t { kCustom = 0, kValid = 1, kSame = 2 };
  enum : uint32_t {
    kType = 1,
    kKernelDepth = 2,
    kKernelHeight = 3,
    kKernelWidth = 4,
    kStrideDepth = 5,
    kStrideHeight = 6,
    kStrideWidth = 7,
    kPaddingType = 15,
    kCustomPaddingFront = 8,
    kCustomPaddingBack = 9,
    kCustomPaddingTop = 10,
    kCustomPaddingBottom = 11,
    kCustomPaddingLeft = 12,
    kCustomPaddingRight = 13,
    kCountExcludePadding = 14
  };
};
struct GlobalPooling3DLayerParams {
  enum class GlobalPoolingType3D : uint64_t { kMax = 0, kAverage = 1 };
  enum : uint32_t { kType = 1 };
};
struct PaddingLayerParams {
  enum : uint32_t { kConstant = 1, kReflection = 2, kReplication = 3, kPaddingAmounts = 10 };
};
struct PaddingConstant {
  enum : uint32_t { kValue = 1 };
};
struct ConcatLayerParams {
  enum : uint32_t { kSequenceConcat = 100 };
};
struct LRNLayerParams {
  enum : uint32_t { kAlpha = 1, kBeta = 2, kLocalSize = 3, kK = 4 };
};
struct SplitLayerParams {
  enum : uint32_t { kNOutputs = 1 };
};
struct AddLayerParams {
  enum : uint32_t { kAlpha = 1 };
};
struct MultiplyLayerParams {
  enum : uint32_t { kAlpha = 1 };
};
struct UnaryFunctionLayerParams {
  enum class Operation : uint64_t {
    kSqrt = 0,
    kRsqrt = 1,
    kInverse = 2,
    kPower = 3,
    kExp = 4,
    kLog = 5,
    kAbs = 6,
    kThreshold = 7
  };
  enum : uint32_t { kType = 1, kAlpha = 2, kEpsilon = 3, kShift = 4, kScale = 5 };
};
struct UpsampleLayerParams {
  enum class InterpolationMode : uint64_t { kNn = 0, kBilinear = 1 };
  enum class LinearUpsampleMode : uint64_t { kDefault = 0, kAlignCornersTrue = 1, kAlignCornersFalse = 2 };
  enum : uint32_t { kScalingFactor = 1, kFractionalScalingFactor = 7, kMode = 5, kLinearUpsampleMode = 6 };
};
struct ResizeBilinearLayerParams {
  enum : uint32_t { kTargetSize = 1, kMode = 2 };
};
struct CropResizeLayerParams {
  enum : uint32_t {
    kTargetSize = 1,
    kNormalizedCoordinates = 2,
    kMode = 3,
    kBoxIndicesMode = 4,
    kSpatialScale = 5
  };
};
struct BiasLayerParams {
  enum : uint32_t { kShape = 1, kBias = 2 };
};
struct ScaleLayerParams {
  enum : uint32_t { kShapeScale = 1, kScale = 2, kHasBias = 3, kShapeBias = 4, kBias = 5 };
};
struct LoadConstantLayerParams {
  enum : uint32_t { kShape = 1, kData = 2 };
};
struct L2NormalizeLayerParams {
  enum : uint32_t { kEpsilon = 1 };
};
struct FlattenLayerParams {
  enum class FlattenOrder : uint64_t { kChannelFirst = 0, kChannelLast = 1 };
  enum : uint32_t { kMode = 1 };
};
struct ReshapeLayerParams {
  enum class ReshapeOrder : uint64_t { kChannelFirst = 0, kChannelLast = 1 };
  enum : uint32_t { kTargetShape = 1, kMode = 2 };
};
struct PermuteLayerParams {
  enum : uint32_t { kAxis = 1 };
};
struct ReorganizeDataLayerParams {
  enum class ReorganizationType : uint64_t { kSpaceToDepth = 0, kDepthToSpace = 1, kPixelShuffle = 2 };
  enum : uint32_t { kMode = 1, kBlockSize = 2 };
};
struct SliceLayerParams {
  enum class SliceAxis : uint64_t { kChannelAxis = 0, kHeightAxis = 1, kWidthAxis = 2 };
  enum : uint32_t { kStartIndex = 1, kEndIndex = 2, kStride = 3, kAxis = 4 };
};
struct ReduceLayerParams {
  enum class ReduceOperation : uint64_t {
    kSum = 0,
    kAvg = 1,
    kProd = 2,
    kLogsum = 3,
    kSumsquare = 4,
    kL1 = 5,
    kL2 = 6,
    kMax = 7,
    kMin = 8,
    kArgmax = 9
  };
  enum class ReduceAxis : uint64_t { kChw = 0, kHw = 1, kC = 2, kH = 3, kW = 4 };
  enum : uint32_t { kMode = 1, kEpsilon = 2, kAxis = 3 };
};
struct CropLayerParams {
  enum : uint32_t { kCropAmounts = 1, kOffset = 5 };
};
struct DotProductLayerParams {
  enum : uint32_t { kCosineSimilarity = 1 };
};
struct MeanVarianceNormalizeLayerParams {
  enum : uint32_t { kAcrossChannels = 1, kNormalizeVariance = 2, kEpsilon = 3 };
};
struct SequenceRepeatLayerParams {
  enum : uint32_t { kNRepetitions = 1 };
};
struct SimpleRecurrentLayerParams {
  enum : uint32_t {
    kInputVectorSize = 1,
    kOutputVectorSize = 2,
    kActivation = 10,
    kSequenceOutput = 15,
    kHasBiasVector = 20,
    kWeightMatrix = 30,
    kRecursionMatrix = 31,
    kBiasVector = 32,
    kReverseInput = 100
  };
};
struct GRULayerParams {
  enum : uint32_t {
    kInputVectorSize = 1,
    kOutputVectorSize = 2,
    kActivations = 10,
    kSequenceOutput = 15,
    kHasBiasVectors = 20,
    kUpdateGateWeightMatrix = 30,
    kResetGateWeightMatrix = 31,
    kOutputGateWeightMatrix = 32,
    kUpdateGateRecursionMatrix = 50,
    kResetGateRecursionMatrix = 51,
    kOutputGateRecursionMatrix = 52,
    kUpdateGateBiasVector = 70,
    kResetGateBiasVector = 71,
    kOutputGateBiasVector = 72,
    kReverseInput = 100
  };
};
struct LSTMParams {
  enum : uint32_t {
    kSequenceOutput = 10,
    kHasBiasVectors = 20,
    kForgetBias = 30,
    kHasPeepholeVectors = 40,
    kCoupledInputAndForgetGate = 50,
    kCellClipThreshold = 60
  };
};
struct LSTMWeightParams {
  enum : uint32_t {
    kInputGateWeightMatrix = 1,
    kForgetGateWeightMatrix = 2,
    kBlockInputWeightMatrix = 3,
    kOutputGateWeightMatrix = 4,
    kInputGateRecursionMatrix = 20,
    kForgetGateRecursionMatrix = 21,
    kBlockInputRecursionMatrix = 22,
    kOutputGateRecursionMatrix = 23,
    kInputGateBiasVector = 40,
    kForgetGateBiasVector = 41,
    kBlockInputBiasVector = 42,
    kOutputGateBiasVector = 43,
    kInputGatePeepholeVector = 60,
    kForgetGatePeepholeVector = 61,
    kOutputGatePeepholeVector = 62
  };
};
struct UniDirectionalLSTMLayerParams {
  enum : uint32_t {
    kInputVectorSize = 1,
    kOutputVectorSize = 2,
    kActivations = 10,
    kParams = 15,
    kWeightParams = 20,
    kReverseInput = 100
  };
};
struct BiDirectionalLSTMLayerParams {
  enum : uint32_t {
    kInputVectorSize = 1,
    kOutputVectorSize = 2,
    kActivationsForwardLSTM = 10,
    kActivationsBackwardLSTM = 11,
    kParams = 15,
    kWeightParams = 20
  };
};
struct CustomLayerParams {
  enum : uint32_t { kClassName = 10, kWeights = 20, kParameters = 30, kDescription = 40 };
};
struct CustomLayerParamValue {
  enum : uint32_t { kDoubleValue = 10, kStringValue = 20, kIntValue = 30, kLongValue = 40, kBoolValue = 50 };
};
struct TransposeLayerParams {
  enum : uint32_t { kAxes = 1 };
};
struct BatchedMatMulLayerParams {
  enum : uint32_t {
    kTransposeA = 1,
    kTransposeB = 2,
    kWeightMatrixFirstDimension = 5,
    kWeightMatrixSecondDimension = 6,
    kHasBias = 7,
    kWeights = 8,
    kBias = 9,
    kInt8DynamicQuantize = 10
  };
};
struct ConcatNDLayerParams {
  enum : uint32_t { kAxis = 1, kInterleave = 2 };
};
struct SoftmaxNDLayerParams {
  enum : uint32_t { kAxis = 1 };
};
struct ReverseLayerParams {
  enum : uint32_t { kReverseDim = 1 };
};
struct ReverseSeqLayerParams {
  enum : uint32_t { kBatchAxis = 1, kSequenceAxis = 2 };
};
struct LoadConstantNDLayerParams {
  enum : uint32_t { kShape = 1, kData = 2 };
};
struct FillLikeLayerParams {
  enum : uint32_t { kValue = 1 };
};
struct FillStaticLayerParams {
  enum : uint32_t { kValue = 1, kTargetShape = 2 };
};
struct FillDynamicLayerParams {
  enum : uint32_t { kValue = 1 };
};
struct MatrixBandPartLayerParams {
  enum : uint32_t { kNumLower = 1, kNumUpper = 2 };
};
struct UpperTriangularLayerParams {
  enum : uint32_t { kK = 1 };
};
struct LowerTriangularLayerParams {
  enum : uint32_t { kK = 1 };
};
struct BroadcastToStaticLayerParams {
  enum : uint32_t { kTargetShape = 1 };
};
struct GatherLayerParams {
  enum : uint32_t { kAxis = 1 };
};
struct ScatterLayerParams {
  enum : uint32_t { kAxis = 1, kMode = 2 };
};
struct ScatterNDLayerParams {
  enum : uint32_t { kMode = 1 };
};
struct GatherAlongAxisLayerParams {
  enum : uint32_t { kAxis = 1 };
};
struct ScatterAlongAxisLayerParams {
  enum : uint32_t { kAxis = 1, kMode = 2 };
};
struct StackLayerParams {
  enum : uint32_t { kAxis = 1 };
};
struct RankPreservingReshapeLayerParams {
  enum : uint32_t { kTargetShape = 1 };
};
struct ConstantPaddingLayerParams {
  enum : uint32_t { kValue = 1, kPadAmounts = 2, kPadToGivenOutputSizeMode = 3 };
};
struct RandomNormalLikeLayerParams {
  enum : uint32_t { kSeed = 1, kMean = 2, kStdDev = 3 };
};
struct RandomNormalStaticLayerParams {
  enum : uint32_t { kSeed = 1, kMean = 2, kStdDev = 3, kOutputShape = 4 };
};
struct RandomNormalDynamicLayerParams {
  enum : uint32_t { kSeed = 1, kMean = 2, kStdDev = 3 };
};
struct RandomUniformLikeLayerParams {
  enum : uint32_t { kSeed = 1, kMinVal = 2, kMaxVal = 3 };
};
struct RandomUniformStaticLayerParams {
  enum : uint32_t { kSeed = 1, kMinVal = 2, kMaxVal = 3, kOutputShape = 4 };
};
struct RandomUniformDynamicLayerParams {
  enum : uint32_t { kSeed = 1, kMinVal = 2, kMaxVal = 3 };
};
struct RandomBernoulliLikeLayerParams {
  enum : uint32_t { kSeed = 1, kProb = 2 };
};
struct RandomBernoulliStaticLayerParams {
  enum : uint32_t { kSeed = 1, kProb = 2, kOutputShape = 3 };
};
struct RandomBernoulliDynamicLayerParams {
  enum : uint32_t { kSeed = 1, kProb = 2 };
};
struct CategoricalDistributionLayerParams {
  enum : uint32_t { kSeed = 1, kNumSamples = 2, kIsLogits = 3, kEps = 4, kTemperature = 5 };
};
struct ReduceL1LayerParams {
  enum : uint32_t { kAxes = 1, kKeepDims = 2, kReduceAll = 3 };
};
struct ReduceL2LayerParams {
  enum : uint32_t { kAxes = 1, kKeepDims = 2, kReduceAll = 3 };
};
struct ReduceMaxLayerParams {
  enum : uint32_t { kAxes = 1, kKeepDims = 2, kReduceAll = 3 };
};
struct ReduceMinLayerParams {
  enum : uint32_t { kAxes = 1, kKeepDims = 2, kReduceAll = 3 };
};
struct ReduceSumLayerParams {
  enum : uint32_t { kAxes = 1, kKeepDims = 2, kReduceAll = 3 };
};
struct ReduceProdLayerParams {
  enum : uint32_t { kAxes = 1, kKeepDims = 2, kReduceAll = 3 };
};
struct ReduceMeanLayerParams {
  enum : uint32_t { kAxes = 1, kKeepDims = 2, kReduceAll = 3 };
};
struct ReduceLogSumLayerParams {
  enum : uint32_t { kAxes = 1, kKeepDims = 2, kReduceAll = 3 };
};
struct ReduceSumSquareLayerParams {
  enum : uint32_t { kAxes = 1, kKeepDims = 2, kReduceAll = 3 };
};
struct ReduceLogSumExpLayerParams {
  enum : uint32_t { kAxes = 1, kKeepDims = 2, kReduceAll = 3 };
};
struct ExpandDimsLayerParams {
  enum : uint32_t { kAxes = 1 };
};
struct FlattenTo2DLayerParams {
  enum : uint32_t { kAxis = 1 };
};
struct ReshapeStaticLayerParams {
  enum : uint32_t { kTargetShape = 1 };
};
struct SqueezeLayerParams {
  enum : uint32_t { kAxes = 1, kSqueezeAll = 2 };
};
struct TopKLayerParams {
  enum : uint32_t { kAxis = 1, kK = 2, kUseBottomK = 3 };
};
struct ArgMaxLayerParams {
  enum : uint32_t { kAxis = 1, kRemoveDim = 2 };
};
struct ArgMinLayerParams {
  enum : uint32_t { kAxis = 1, kRemoveDim = 2 };
};
struct SplitNDLayerParams {
  enum : uint32_t { kAxis = 1, kNumSplits = 2, kSplitSizes = 3 };
};
struct ClipLayerParams {
  enum : uint32_t { kMinVal = 1, kMaxVal = 2 };
};
struct SliceStaticLayerParams {
  enum : uint32_t {
    kBeginIds = 1,
    kBeginMasks = 2,
    kEndIds = 3,
    kEndMasks = 4,
    kStrides = 5,
    kSqueezeMasks = 6
  };
};
struct SliceDynamicLayerParams {
  enum : uint32_t { kBeginMasks = 2, kEndIds = 3, kEndMasks = 4, kStrides = 5, kSqueezeMasks = 6 };
};
struct TileLayerParams {
  enum : uint32_t { kReps = 1 };
};
struct GeluLayerParams {
  enum class GeluMode : uint64_t { kExact = 0, kTanhApproximation = 1, kSigmoidApproximation = 2 };
  enum : uint32_t { kMode = 1 };
};
struct RangeStaticLayerParams {
  enum : uint32_t { kEndValue = 1, kStartValue = 2, kStepSizeValue = 3 };
};
struct RangeDynamicLayerParams {
  enum : uint32_t { kStartValue = 2, kStepSizeValue = 3 };
};
struct SlidingWindowsLayerParams {
  enum : uint32_t { kAxis = 1, kWindowSize = 2, kStep = 3 };
};
struct LayerNormalizationLayerParams {
  enum : uint32_t { kNormalizedShape = 1, kEps = 2, kGamma = 3, kBeta = 4 };
};
struct NonMaximumSuppressionLayerParams {
  enum : uint32_t { kIouThreshold = 1, kScoreThreshold = 2, kMaxBoxes = 3, kPerClassSuppression = 4 };
};
struct ClampedReLULayerParams {
  enum : uint32_t { kAlpha = 1, kBeta = 2 };
};
struct ArgSortLayerParams {
  enum : uint32_t { kAxis = 1, kDescending = 2 };
};
struct SliceBySizeLayerParams {
  enum : uint32_t { kSize = 2, kAxis = 3 };
};
struct OneHotLayerParams {
  enum : uint32_t { kOneHotVectorSize = 1, kAxis = 2, kOnValue = 3, kOffValue = 4 };
};
struct CumSumLayerParams {
  enum : uint32_t { kAxis = 1, kExcludeFinalSum = 2, kReverse = 3 };
};

}  // namespace wf::proto
