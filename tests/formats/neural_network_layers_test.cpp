// Layers of neural networks against numbers worked out by hand or by NumPy.
#include "formats/network_builder.h"

namespace wf::test {
namespace {

std::vector<double> counted(int64_t count, double first = 0) {
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(first + static_cast<double>(i));
  return values;
}

const std::vector<float> kOneToNine = {1, 2, 3, 4, 5, 6, 7, 8, 9};

// A 3 x 3 convolution of one channel with stride 2.
Fill convolution(uint32_t padding, const Fill& amounts, bool transposed = false) {
  using P = proto::ConvolutionLayerParams;
  return [=](WireWriter& w) {
    w.add_varint(P::kOutputChannels, 1);
    w.add_varint(P::kKernelChannels, 1);
    add_sizes(w, P::kStride, {2, 2});
    w.add_message(padding, [&] { amounts(w); });
    w.put_flag(P::kIsDeconvolution, transposed);
    add_weights(w, P::kWeights, kOneToNine);
  };
}

TEST(NeuralNetworkLayers, SamePaddingPutsTheOddPixelWhereTheModeSays) {
  const auto mode = [](int64_t value) {
    return [=](WireWriter& w) { w.put_int(proto::SamePadding::kAsymmetryMode, value); };
  };
  const auto run = [&](int64_t value) {
    TestNetwork network;
    network.input("x", {1, 4, 4}).output("y", {1, 2, 2});
    network.layer(Layer::kConvolution, {"x"}, {"y"},
                  convolution(proto::ConvolutionLayerParams::kSame, mode(value)));
    return network.run1({{"x", f32({1, 4, 4}, counted(16))}});
  };
  expect_near(run(0), {1, 2, 2}, {303, 225, 253, 163}, 1e-4);
  expect_near(run(1), {1, 2, 2}, {83, 178, 330, 528}, 1e-4);
}

TEST(NeuralNetworkLayers, DeconvolutionIsCutByItsPadding) {
  const auto one_each = [](WireWriter& w) {
    w.add_message(proto::ValidPadding::kPaddingAmounts, [&] {
      for (int i = 0; i < 2; ++i) {
        w.add_message(proto::BorderAmounts::kBorderAmounts, [&] {
          w.put_int(proto::EdgeSizes::kStartEdgeSize, 1);
          w.put_int(proto::EdgeSizes::kEndEdgeSize, 1);
        });
      }
    });
  };
  TestNetwork network;
  network.input("x", {1, 2, 2}).output("y", {1, 3, 3});
  network.layer(Layer::kConvolution, {"x"}, {"y"},
                convolution(proto::ConvolutionLayerParams::kValid, one_each, true));
  expect_near(network.run1({{"x", f32({1, 2, 2}, {1, 2, 3, 4})}}), {1, 3, 3},
              {5, 14, 10, 14, 36, 24, 15, 34, 20}, 1e-4);
}

// coremltools writes the output shape of every deconvolution it converts, here with a batch that may vary.
TEST(NeuralNetworkLayers, DeconvolutionHasADilationAndAnOutputShape) {
  using P = proto::ConvolutionLayerParams;
  Feature x = array_of("x", {1, 1, 1, 2});
  std::get<ArrayFeature>(x.type).ranges = {{1, 4}, {1, 1}, {1, 1}, {2, 2}};
  TestNetwork network(true);
  network.input(x).output("y").layer(Layer::kConvolution, {"x"}, {"y"}, [](WireWriter& w) {
    w.add_varint(P::kOutputChannels, 1);
    w.add_varint(P::kKernelChannels, 1);
    add_sizes(w, P::kKernelSize, {1, 2});
    add_sizes(w, P::kDilationFactor, {1, 3});
    add_sizes(w, P::kOutputShape, {1, 5});
    w.add_message(P::kValid, [] {});
    w.put_flag(P::kIsDeconvolution, true);
    add_weights(w, P::kWeights, {1, 10});
  });
  expect_near(network.run1({{"x", f32({1, 1, 1, 2}, {2, 3})}}), {1, 1, 1, 5}, {2, 3, 0, 20, 30});
}

TEST(NeuralNetworkLayers, PoolingIncludesTheLastPixel) {
  using P = proto::PoolingLayerParams;
  TestNetwork network;
  network.input("x", {1, 3, 3})
      .output("y", {1, 2, 2})
      .layer(Layer::kPooling, {"x"}, {"y"}, [](WireWriter& w) {
        add_sizes(w, P::kKernelSize, {2, 2});
        add_sizes(w, P::kStride, {2, 2});
        w.add_message(P::kIncludeLastPixel, [] {});
      });
  expect_near(network.run1({{"x", f32({1, 3, 3}, counted(9))}}), {1, 2, 2}, {4, 5, 7, 8});
}

TEST(NeuralNetworkLayers, UpsamplingByDefaultStartsAtTheFirstPixel) {
  using P = proto::UpsampleLayerParams;
  TestNetwork network;
  network.input("x", {1, 1, 3})
      .output("y", {1, 1, 9})
      .layer(Layer::kUpsample, {"x"}, {"y"}, [](WireWriter& w) {
        add_sizes(w, P::kScalingFactor, {1, 3});
        w.put_int(P::kMode, 1);
      });
  expect_near(network.run1({{"x", f32({1, 1, 3}, {1, 2, 3})}}), {1, 1, 9},
              {1, 4.0 / 3, 5.0 / 3, 2, 7.0 / 3, 8.0 / 3, 3, 3, 3}, 1e-5);
}

TEST(NeuralNetworkLayers, InnerProductTakesVectorsAndImages) {
  using P = proto::InnerProductLayerParams;
  const auto product = [](WireWriter& w) {
    w.add_varint(P::kInputChannels, 4);
    w.add_varint(P::kOutputChannels, 2);
    w.put_flag(P::kHasBias, true);
    add_weights(w, P::kWeights, {1, 2, 3, 4, 0, -1, 0, 1});
    add_weights(w, P::kBias, {0.5F, 0});
  };
  TestNetwork vector, image, exact(true), batch(true);
  vector.input("x", {4}).output("y", {2}).layer(Layer::kInnerProduct, {"x"}, {"y"}, product);
  image.input("x", {1, 2, 2}).output("y", {2}).layer(Layer::kInnerProduct, {"x"}, {"y"}, product);
  exact.input("x", {3, 4}).output("y").layer(Layer::kInnerProduct, {"x"}, {"y"}, product);
  batch.input("x", {2, 1, 2, 2}).output("y").layer(Layer::kInnerProduct, {"x"}, {"y"}, product);
  expect_near(vector.run1({{"x", f32({4}, {1, 2, 3, 4})}}), {2}, {30.5, 2});
  expect_near(image.run1({{"x", f32({1, 2, 2}, {1, 2, 3, 4})}}), {2}, {30.5, 2});
  expect_near(exact.run1({{"x", f32({3, 4}, counted(12))}}), {3, 2}, {20.5, 2, 60.5, 2, 100.5, 2});
  expect_near(batch.run1({{"x", f32({2, 1, 2, 2}, counted(8))}}), {2, 2, 1, 1}, {20.5, 2, 60.5, 2});
}

TEST(NeuralNetworkLayers, AVectorTimesTheConstantMatrixStaysAVector) {
  using P = proto::BatchedMatMulLayerParams;
  TestNetwork network(true);
  network.input("x", {2}).output("y", {3}).layer(Layer::kBatchedMatmul, {"x"}, {"y"}, [](WireWriter& w) {
    w.put_int(P::kWeightMatrixFirstDimension, 2);
    w.put_int(P::kWeightMatrixSecondDimension, 3);
    add_weights(w, P::kWeights, {1, 4, 2, 5, 3, 6});  // columns of {{1, 2, 3}, {4, 5, 6}}
  });
  expect_near(network.run1({{"x", f32({2}, {1, 10})}}), {3}, {41, 52, 63});
}

TEST(NeuralNetworkLayers, EmbeddingLooksUpColumnsOfItsMatrix) {
  using P = proto::EmbeddingLayerParams;
  TestNetwork network;
  network.input("x", {1}).output("y", {2}).layer(Layer::kEmbedding, {"x"}, {"y"}, [](WireWriter& w) {
    w.add_varint(P::kInputDim, 3);
    w.add_varint(P::kOutputChannels, 2);
    add_weights(w, P::kWeights, {1, 2, 3, 4, 5, 6});
  });
  expect_near(network.run1({{"x", f32({1}, {2})}}), {2}, {3, 6});
}

TEST(NeuralNetworkLayers, FlattenChannelLastTransposesFirst) {
  TestNetwork network;
  network.input("x", {2, 1, 3}).output("y", {6}).layer(Layer::kFlatten, {"x"}, {"y"}, [](WireWriter& w) {
    w.put_int(proto::FlattenLayerParams::kMode, 1);
  });
  expect_near(network.run1({{"x", f32({2, 1, 3}, counted(6))}}), {6}, {0, 3, 1, 4, 2, 5});
}

TEST(NeuralNetworkLayers, ReshapeChannelLastReadsBothShapesAsHeightWidthChannels) {
  TestNetwork network;
  network.input("x", {2, 1, 3})
      .output("y", {3, 2, 1})
      .layer(Layer::kReshape, {"x"}, {"y"}, [](WireWriter& w) {
        add_sizes(w, proto::ReshapeLayerParams::kTargetShape, {3, 2, 1});
        w.put_int(proto::ReshapeLayerParams::kMode, 1);
      });
  // numpy: x.transpose(1, 2, 0).reshape(2, 1, 3).transpose(2, 0, 1)
  expect_near(network.run1({{"x", f32({2, 1, 3}, counted(6))}}), {3, 2, 1}, {0, 4, 3, 2, 1, 5});
}

TEST(NeuralNetworkLayers, PermuteMovesAnImageRowIntoTheSequence) {
  // Seq <-> W: the columns become a sequence of three, which concat over the sequence then doubles.
  TestNetwork network;
  network.input("x", {2, 1, 3}).output("y", {2, 1, 1});
  network.layer(Layer::kPermute, {"x"}, {"s"},
                [](WireWriter& w) { add_sizes(w, proto::PermuteLayerParams::kAxis, {3, 1, 2, 0}); });
  network.layer(Layer::kConcat, {"s", "s"}, {"y"},
                [](WireWriter& w) { w.put_flag(proto::ConcatLayerParams::kSequenceConcat, true); });
  expect_near(network.run1({{"x", f32({2, 1, 3}, counted(6))}}), {6, 1, 2, 1, 1},
              {0, 3, 1, 4, 2, 5, 0, 3, 1, 4, 2, 5});
}

// coremltools puts such a layer behind an image that takes the place of an array [H, W, C].
TEST(NeuralNetworkLayers, TransposeWithFewerAxesOrdersTheLastDimensions) {
  TestNetwork network(true);
  network.input("x", {1, 3, 1, 2}).output("y").layer(Layer::kTranspose, {"x"}, {"y"}, [](WireWriter& w) {
    add_sizes(w, proto::TransposeLayerParams::kAxes, {1, 2, 0});
  });
  expect_near(network.run1({{"x", f32({1, 3, 1, 2}, counted(6))}}), {1, 1, 2, 3}, {0, 2, 4, 1, 3, 5});
}

// A scalar is still one after elementwise layers, counts as [1] for the others, and leaves as [1].
TEST(NeuralNetworkLayers, ScalarsInsideANetwork) {
  const auto expand = [](WireWriter& w) { add_sizes(w, proto::ExpandDimsLayerParams::kAxes, {0}); };
  TestNetwork network(true);
  network.input("x", {1}).output("one").output("row").output("scalar");
  network.layer(Layer::kSqueeze, {"x"}, {"scalar"},
                [](WireWriter& w) { w.put_flag(proto::SqueezeLayerParams::kSqueezeAll, true); });
  network.layer(Layer::kMultiplyBroadcastable, {"scalar", "scalar"}, {"squared"});
  network.layer(Layer::kExpandDims, {"squared"}, {"one"}, expand);
  network.layer(Layer::kConcatND, {"squared", "x"}, {"pair"});
  network.layer(Layer::kExpandDims, {"pair"}, {"row"}, expand);
  auto outputs = network.run({{"x", f32({1}, {3})}});
  ASSERT_TRUE(outputs.ok()) << outputs.error().to_string();
  expect_near(*(*outputs)[0].second.tensor(), {1}, {9});
  expect_near(*(*outputs)[1].second.tensor(), {1, 2}, {9, 3});
  expect_near(*(*outputs)[2].second.tensor(), {1}, {3});
}

TEST(NeuralNetworkLayers, MoreStridesThanDimensions) {
  using P = proto::SliceDynamicLayerParams;
  TestNetwork network(true);
  network.input("x", {4})
      .input("begin", {1})
      .output("y")
      .layer(Layer::kSliceDynamic, {"x", "begin"}, {"y"}, [](WireWriter& w) {
        add_sizes(w, P::kEndIds, {4, 0, 0, 0, 0});
        add_sizes(w, P::kStrides, {2, 1, 1, 1, 1});
      });
  expect_near(network.run1({{"x", f32({4}, {5, 6, 7, 8})}, {"begin", f32({1}, {1})}}), {2}, {6, 8});
}

TEST(NeuralNetworkLayers, Normalizations) {
  TestNetwork lrn, mvn, batch;
  lrn.input("x", {4, 1, 1}).output("y", {4, 1, 1}).layer(Layer::kLrn, {"x"}, {"y"}, [](WireWriter& w) {
    using P = proto::LRNLayerParams;
    w.add_float(P::kAlpha, 0.5F);
    w.add_float(P::kBeta, 0.75F);
    w.add_varint(P::kLocalSize, 3);
  });
  expect_near(lrn.run1({{"x", f32({4, 1, 1}, {1, 2, 3, 4})}}), {4, 1, 1},
              {0.6347006, 0.8107201, 0.7992519, 1.1672185}, 1e-5);
  mvn.input("x", {1, 2, 2}).output("y", {1, 2, 2}).layer(Layer::kMvn, {"x"}, {"y"}, [](WireWriter& w) {
    w.put_flag(proto::MeanVarianceNormalizeLayerParams::kNormalizeVariance, true);
  });
  expect_near(mvn.run1({{"x", f32({1, 2, 2}, {1, 2, 3, 4})}}), {1, 2, 2},
              {-1.3416402, -0.4472134, 0.4472134, 1.3416402}, 1e-5);
  batch.input("x", {1, 2, 2})
      .output("y", {1, 2, 2})
      .layer(Layer::kBatchnorm, {"x"}, {"y"}, [](WireWriter& w) {
        using P = proto::BatchnormLayerParams;
        w.add_varint(P::kChannels, 1);
        add_weights(w, P::kGamma, {2});
        add_weights(w, P::kBeta, {0.5F});
        add_weights(w, P::kMean, {1});
        add_weights(w, P::kVariance, {4});
      });
  expect_near(batch.run1({{"x", f32({1, 2, 2}, {1, 2, 3, 4})}}), {1, 2, 2},
              {0.5, 1.4999988, 2.4999975, 3.4999963}, 1e-5);
}

TEST(NeuralNetworkLayers, UnaryScalesAndShiftsFirst) {
  using P = proto::UnaryFunctionLayerParams;
  TestNetwork network;
  network.input("x", {3}).output("y", {3}).layer(Layer::kUnary, {"x"}, {"y"}, [](WireWriter& w) {
    w.put_int(P::kType, static_cast<int64_t>(P::Operation::kPower));
    w.add_float(P::kAlpha, 2);
    w.add_float(P::kShift, 1);
    w.add_float(P::kScale, 3);
  });
  expect_near(network.run1({{"x", f32({3}, {0, 1, -1})}}), {3}, {1, 16, 4});
}

TEST(NeuralNetworkLayers, InverseHyperbolicFunctionsKeepTheirPrecision) {
  TestNetwork asinh(true), acosh(true);
  asinh.input("x", {4}).output("y").layer(Layer::kAsinh, {"x"}, {"y"});
  acosh.input("x", {3}).output("y").layer(Layer::kAcosh, {"x"}, {"y"});
  const Tensor small = asinh.run1({{"x", f32({4}, {1e-4, -0.5, 3, -1e6})}});
  EXPECT_NEAR(read_double(small, 0) / 1e-4, 1, 1e-6);  // asinh(x) = x - x^3/6 ...
  EXPECT_NEAR(read_double(small, 1), -0.4812118, 1e-6);
  EXPECT_NEAR(read_double(small, 2), 1.8184465, 1e-6);
  EXPECT_NEAR(read_double(small, 3), -14.5086577, 1e-5);
  expect_near(acosh.run1({{"x", f32({3}, {1, 1.5, 10})}}), {3}, {0, 0.9624237, 2.9932228}, 1e-6);
}

TEST(NeuralNetworkLayers, PReluOfAMatrixBelongsToItsLastDimension) {
  TestNetwork network(true);
  network.input("x", {2, 3}).output("y").layer(Layer::kActivation, {"x"}, {"y"}, [](WireWriter& w) {
    w.add_message(proto::ActivationParams::kPReLU,
                  [&] { add_weights(w, proto::ActivationPReLU::kAlpha, {0.5F, 1, 2}); });
  });
  expect_near(network.run1({{"x", f32({2, 3}, {-1, -1, -1, 1, 2, 3})}}), {2, 3}, {-0.5, -1, -2, 1, 2, 3});
}

TEST(NeuralNetworkLayers, ComparisonsAnswerOneOrZero) {
  TestNetwork network(true);
  network.input("x", {3}).output("y").layer(Layer::kLessThan, {"x"}, {"y"}, [](WireWriter& w) {
    w.add_float(proto::LessThanLayerParams::kAlpha, 2);
  });
  expect_near(network.run1({{"x", f32({3}, {1, 2, 3})}}), {3}, {1, 0, 0});
}

TEST(NeuralNetworkLayers, NegativeIndicesCountFromTheEnd) {
  TestNetwork network(true);
  network.input("x", {3}).input("i", {2}).output("y").layer(Layer::kGather, {"x", "i"}, {"y"});
  expect_near(network.run1({{"x", f32({3}, {10, 20, 30})}, {"i", f32({2}, {-1, 1})}}), {2}, {30, 20});
}

TEST(NeuralNetworkLayers, TrianglesBeyondTheDiagonal) {
  TestNetwork lower(true), upper(true);
  lower.input("x", {3, 3}).output("y").layer(Layer::kLowerTriangular, {"x"}, {"y"}, [](WireWriter& w) {
    w.put_int(proto::LowerTriangularLayerParams::kK, -1);
  });
  upper.input("x", {3, 3}).output("y").layer(Layer::kUpperTriangular, {"x"}, {"y"}, [](WireWriter& w) {
    w.put_int(proto::UpperTriangularLayerParams::kK, 2);
  });
  expect_near(lower.run1({{"x", f32({3, 3}, counted(9, 1))}}), {3, 3}, {0, 0, 0, 4, 0, 0, 7, 8, 0});
  expect_near(upper.run1({{"x", f32({3, 3}, counted(9, 1))}}), {3, 3}, {0, 0, 3, 0, 0, 0, 0, 0, 0});
}

TEST(NeuralNetworkLayers, TileRepeatsTheLastDimensions) {
  TestNetwork network(true);
  network.input("x", {2, 2}).output("y").layer(Layer::kTile, {"x"}, {"y"}, [](WireWriter& w) {
    add_sizes(w, proto::TileLayerParams::kReps, {2});
  });
  expect_near(network.run1({{"x", f32({2, 2}, {1, 2, 3, 4})}}), {2, 4}, {1, 2, 1, 2, 3, 4, 3, 4});
}

TEST(NeuralNetworkLayers, CumulativeSumAlongAComputedAxis) {
  TestNetwork network(true);
  network.input("x", {2, 2}).input("axis", {1}).output("y").layer(Layer::kCumSum, {"x", "axis"}, {"y"});
  const Tensor x = f32({2, 2}, {1, 2, 3, 4});
  expect_near(network.run1({{"x", x}, {"axis", f32({1}, {0})}}), {2, 2}, {1, 2, 4, 6});
  expect_near(network.run1({{"x", x}, {"axis", f32({1}, {-1})}}), {2, 2}, {1, 3, 3, 7});
}

TEST(NeuralNetworkLayers, SuppressionKeepsTheBestOfOverlappingBoxes) {
  // Boxes 0 and 1 overlap by 3/5 of their union; box 2 lies apart and is below the score threshold given as
  // an input.
  using P = proto::NonMaximumSuppressionLayerParams;
  TestNetwork network(true);
  network.input("boxes", {1, 3, 4}).input("scores", {1, 3, 1}).input("iou", {1}).input("least", {1});
  network.output("kept").output("count");
  network.layer(Layer::kNonMaximumSuppression, {"boxes", "scores", "iou", "least"},
                {"b", "s", "kept", "count"}, [](WireWriter& w) { w.add_varint(P::kMaxBoxes, 2); });
  const auto run = [&](double iou, double least) {
    auto out = network.run({{"boxes", f32({1, 3, 4}, {0, 0, 4, 4, 1, 0, 4, 4, 9, 9, 1, 1})},
                            {"scores", f32({1, 3, 1}, {0.5, 0.9, 0.3})},
                            {"iou", f32({1}, {iou})},
                            {"least", f32({1}, {least})}});
    EXPECT_TRUE(out.ok()) << out.error().to_string();
    return out ? read_doubles(*find_feature(*out, "kept")->tensor()) : std::vector<double>();
  };
  EXPECT_EQ(run(0.5, 0.1), (std::vector<double>{1, 2}));
  EXPECT_EQ(run(0.5, 0.4), (std::vector<double>{1, -1}));
  EXPECT_EQ(run(0.7, 0.1), (std::vector<double>{1, 0}));
}

TEST(NeuralNetworkLayers, SplitGivesTheFirstPartsTheRemainder) {
  TestNetwork network(true);
  network.input("x", {5}).output("b").layer(Layer::kSplitND, {"x"}, {"a", "b"}, [](WireWriter& w) {
    w.add_varint(proto::SplitNDLayerParams::kNumSplits, 2);
  });
  expect_near(network.run1({{"x", f32({5}, counted(5))}}), {2}, {3, 4});
}

}  // namespace
}  // namespace wf::test
