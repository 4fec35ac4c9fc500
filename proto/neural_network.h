// Field numbers of NeuralNetwork.proto: the network, its layers, weights and training parameters. One struct
// per message, one constant per field; messages without fields are left out. The layers' own parameters:
// neural_network_layers.h.
#pragma once

#include <cstdint>

namespace wf::proto {

enum class NeuralNetworkMultiArrayShapeMapping : uint64_t { kRank5ArrayMapping = 0, kExactArrayMapping = 1 };
enum class NeuralNetworkImageShapeMapping : uint64_t { kRank5ImageMapping = 0, kRank4ImageMapping = 1 };

struct NeuralNetwork {
  enum : uint32_t {
    kLayers = 1,
    kPreprocessing = 2,
    kArrayInputShapeMapping = 5,
    kImageInputShapeMapping = 6,
    kUpdateParams = 10
  };
};
struct NeuralNetworkImageScaler {
  enum : uint32_t { kChannelScale = 10, kBlueBias = 20, kGreenBias = 21, kRedBias = 22, kGrayBias = 30 };
};
struct NeuralNetworkMeanImage {
  enum : uint32_t { kMeanImage = 1 };
};
struct NeuralNetworkPreprocessing {
  enum : uint32_t { kFeatureName = 1, kScaler = 10, kMeanImage = 11 };
};
struct TensorShape {
  enum : uint32_t { kRank = 1, kDimValue = 2 };
};
struct NeuralNetworkLayer {
  enum : uint32_t {
    kName = 1,
    kInput = 2,
    kOutput = 3,
    kInputTensor = 4,
    kOutputTensor = 5,
    kIsUpdatable = 10,
    kConvolution = 100,
    kPooling = 120,
    kActivation = 130,
    kInnerProduct = 140,
    kEmbedding = 150,
    kBatchnorm = 160,
    kMvn = 165,
    kL2normalize = 170,
    kSoftmax = 175,
    kLrn = 180,
    kCrop = 190,
    kPadding = 200,
    kUpsample = 210,
    kResizeBilinear = 211,
    kCropResize = 212,
    kUnary = 220,
    kAdd = 230,
    kMultiply = 231,
    kAverage = 240,
    kScale = 245,
    kBias = 250,
    kMax = 260,
    kMin = 261,
    kDot = 270,
    kReduce = 280,
    kLoadConstant = 290,
    kReshape = 300,
    kFlatten = 301,
    kPermute = 310,
    kConcat = 320,
    kSplit = 330,
    kSequenceRepeat = 340,
    kReorganizeData = 345,
    kSlice = 350,
    kSimpleRecurrent = 400,
    kGru = 410,
    kUniDirectionalLSTM = 420,
    kBiDirectionalLSTM = 430,
    kCustom = 500,
    kCopy = 600,
    kBranch = 605,
    kLoop = 615,
    kLoopBreak = 620,
    kLoopContinue = 625,
    kRangeStatic = 635,
    kRangeDynamic = 640,
    kClip = 660,
    kCeil = 665,
    kFloor = 670,
    kSign = 680,
    kRound = 685,
    kExp2 = 700,
    kSin = 710,
    kCos = 715,
    kTan = 720,
    kAsin = 730,
    kAcos = 735,
    kAtan = 740,
    kSinh = 750,
    kCosh = 755,
    kTanh = 760,
    kAsinh = 770,
    kAcosh = 775,
    kAtanh = 780,
    kErf = 790,
    kGelu = 795,
    kEqual = 815,
    kNotEqual = 820,
    kLessThan = 825,
    kLessEqual = 827,
    kGreaterThan = 830,
    kGreaterEqual = 832,
    kLogicalOr = 840,
    kLogicalXor = 845,
    kLogicalNot = 850,
    kLogicalAnd = 855,
    kModBroadcastable = 865,
    kMinBroadcastable = 870,
    kMaxBroadcastable = 875,
    kAddBroadcastable = 880,
    kPowBroadcastable = 885,
    kDivideBroadcastable = 890,
    kFloorDivBroadcastable = 895,
    kMultiplyBroadcastable = 900,
    kSubtractBroadcastable = 905,
    kTile = 920,
    kStack = 925,
    kGather = 930,
    kScatter = 935,
    kGatherND = 940,
    kScatterND = 945,
    kSoftmaxND = 950,
    kGatherAlongAxis = 952,
    kScatterAlongAxis = 954,
    kReverse = 960,
    kReverseSeq = 965,
    kSplitND = 975,
    kConcatND = 980,
    kTranspose = 985,
    kSliceStatic = 995,
    kSliceDynamic = 1000,
    kSlidingWindows = 1005,
    kTopK = 1015,
    kArgMin = 1020,
    kArgMax = 1025,
    kEmbeddingND = 1040,
    kBatchedMatmul = 1045,
    kGetShape = 1065,
    kLoadConstantND = 1070,
    kFillLike = 1080,
    kFillStatic = 1085,
    kFillDynamic = 1090,
    kBroadcastToLike = 1100,
    kBroadcastToStatic = 1105,
    kBroadcastToDynamic = 1110,
    kSqueeze = 1120,
    kExpandDims = 1125,
    kFlattenTo2D = 1130,
    kReshapeLike = 1135,
    kReshapeStatic = 1140,
    kReshapeDynamic = 1145,
    kRankPreservingReshape = 1150,
    kConstantPad = 1155,
    kRandomNormalLike = 1170,
    kRandomNormalStatic = 1175,
    kRandomNormalDynamic = 1180,
    kRandomUniformLike = 1190,
    kRandomUniformStatic = 1195,
    kRandomUniformDynamic = 1200,
    kRandomBernoulliLike = 1210,
    kRandomBernoulliStatic = 1215,
    kRandomBernoulliDynamic = 1220,
    kCategoricalDistribution = 1230,
    kReduceL1 = 1250,
    kReduceL2 = 1255,
    kReduceMax = 1260,
    kReduceMin = 1265,
    kReduceSum = 1270,
    kReduceProd = 1275,
    kReduceMean = 1280,
    kReduceLogSum = 1285,
    kReduceSumSquare = 1290,
    kReduceLogSumExp = 1295,
    kWhereNonZero = 1313,
    kMatrixBandPart = 1315,
    kLowerTriangular = 1320,
    kUpperTriangular = 1325,
    kWhereBroadcastable = 1330,
    kLayerNormalization = 1350,
    kNonMaximumSuppression = 1400,
    kOneHot = 1450,
    kCumSum = 1455,
    kClampedReLU = 1460,
    kArgSort = 1461,
    kPooling3d = 1465,
    kGlobalPooling3d = 1466,
    kSliceBySize = 1470,
    kConvolution3d = 1471
  };
};
struct WeightParams {
  enum : uint32_t {
    kFloatValue = 1,
    kFloat16Value = 2,
    kRawValue = 30,
    kInt8RawValue = 31,
    kQuantization = 40,
    kIsUpdatable = 50
  };
};
struct QuantizationParams {
  enum : uint32_t { kNumberOfBits = 1, kLinearQuantization = 101, kLookupTableQuantization = 102 };
};
struct LinearQuantizationParams {
  enum : uint32_t { kScale = 1, kBias = 2 };
};
struct LookUpTableQuantizationParams {
  enum : uint32_t { kFloatValue = 1 };
};
struct NeuralNetworkClassifier {
  enum : uint32_t {
    kLayers = 1,
    kPreprocessing = 2,
    kArrayInputShapeMapping = 5,
    kImageInputShapeMapping = 6,
    kUpdateParams = 10,
    kStringClassLabels = 100,
    kInt64ClassLabels = 101,
    kLabelProbabilityLayerName = 200
  };
};
struct NeuralNetworkRegressor {
  enum : uint32_t {
    kLayers = 1,
    kPreprocessing = 2,
    kArrayInputShapeMapping = 5,
    kImageInputShapeMapping = 6,
    kUpdateParams = 10
  };
};
struct NetworkUpdateParameters {
  enum : uint32_t { kLossLayers = 1, kOptimizer = 2, kEpochs = 3, kShuffle = 10, kSeed = 20 };
};
struct LossLayer {
  enum : uint32_t { kName = 1, kCategoricalCrossEntropyLossLayer = 10, kMeanSquaredErrorLossLayer = 11 };
};
struct CategoricalCrossEntropyLossLayer {
  enum : uint32_t { kInput = 1, kTarget = 2 };
};
struct MeanSquaredErrorLossLayer {
  enum : uint32_t { kInput = 1, kTarget = 2 };
};
struct Optimizer {
  enum : uint32_t { kSgdOptimizer = 10, kAdamOptimizer = 11 };
};
struct SGDOptimizer {
  enum : uint32_t { kLearningRate = 1, kMiniBatchSize = 2, kMomentum = 3 };
};
struct AdamOptimizer {
  enum : uint32_t { kLearningRate = 1, kMiniBatchSize = 2, kBeta1 = 3, kBeta2 = 4, kEps = 5 };
};

}  // namespace wf::proto
