// Where a neural network meets its description: shapes, images, preprocessing, classes, and what is refused.
#include "formats/network_builder.h"
#include "formats/neural_network/layer.h"
#include "formats/neural_network/network.h"

namespace wf::test {
namespace {

Feature image_of(std::string name, ColorLayout layout, int64_t width, int64_t height) {
  Feature feature;
  feature.name = std::move(name);
  feature.type = ImageFeature{width, height, layout, {}, {}, {}};
  return feature;
}

void identity(WireWriter& w) {
  w.add_message(proto::ActivationParams::kLinear, [&] { w.add_float(proto::ActivationLinear::kAlpha, 1); });
}

TEST(NeuralNetworkBorder, OutputsKeepRankThreeUnlessTheyDeclareAnother) {
  const auto run = [](const Shape& declared) {
    TestNetwork network;
    network.input("x", {2, 1, 1}).output("y", declared).layer(Layer::kActivation, {"x"}, {"y"}, identity);
    return network.run1({{"x", f32({2, 1, 1}, {1, 2})}}).shape();
  };
  EXPECT_EQ(run({}), (Shape{2, 1, 1}));
  EXPECT_EQ(run({2}), (Shape{2}));
  EXPECT_EQ(run({1, 2}), (Shape{1, 2}));
}

TEST(NeuralNetworkBorder, FlexibleSizesFollowTheInput) {
  TestNetwork network;
  network.input(flexible("x", {1, 2, 2}, {{1, 1}, {1, 8}, {1, -1}})).output("y");
  network.layer(Layer::kPadding, {"x"}, {"y"}, [](WireWriter& w) {
    using P = proto::PaddingLayerParams;
    w.add_message(P::kConstant, [&] { w.add_float(proto::PaddingConstant::kValue, 7); });
    w.add_message(P::kPaddingAmounts, [&] {
      w.add_message(proto::BorderAmounts::kBorderAmounts, [] {});
      w.add_message(proto::BorderAmounts::kBorderAmounts,
                    [&] { w.add_varint(proto::EdgeSizes::kEndEdgeSize, 1); });
    });
  });
  expect_near(network.run1({{"x", f32({1, 1, 3}, {1, 2, 3})}}), {1, 1, 4}, {1, 2, 3, 7});
  expect_near(network.run1({{"x", f32({1, 2, 1}, {1, 2})}}), {1, 2, 2}, {1, 7, 2, 7});
}

TEST(NeuralNetworkBorder, RankFiveArraysAreVectorsOrImages) {
  TestNetwork network;
  network.input("x", {2, 2}).output("x");
  EXPECT_NE(network.failure().find("input 'x': its shape [2, 2] has rank 2"), std::string::npos)
      << network.failure();
}

// Red 10, green 20, blue 30, with a bias for each.
Tensor scaled_pixel(ColorLayout layout) {
  using S = proto::NeuralNetworkImageScaler;
  TestNetwork network;
  network.input(image_of("x", layout, 1, 1))
      .output("y", {3, 1, 1})
      .layer(Layer::kActivation, {"x"}, {"y"}, identity);
  network.wire.add_message(proto::NeuralNetwork::kPreprocessing, [&] {
    network.wire.add_message(proto::NeuralNetworkPreprocessing::kScaler, [&] {
      network.wire.add_float(S::kChannelScale, 2);
      network.wire.add_float(S::kRedBias, 1);
      network.wire.add_float(S::kGreenBias, 2);
      network.wire.add_float(S::kBlueBias, 3);
    });
  });
  return network.run1({{"x", of(DType::kUInt8, {1, 1, 3}, {10, 20, 30})}});
}

TEST(NeuralNetworkBorder, ScalerBiasesFollowTheColourOrder) {
  expect_near(scaled_pixel(ColorLayout::kRgb), {3, 1, 1}, {21, 42, 63});
  expect_near(scaled_pixel(ColorLayout::kBgr), {3, 1, 1}, {63, 42, 21});
}

TEST(NeuralNetworkBorder, MeanImageIsSubtracted) {
  TestNetwork network;
  network.input(image_of("x", ColorLayout::kGrayscale, 2, 1))
      .output("y", {1, 1, 2})
      .layer(Layer::kActivation, {"x"}, {"y"}, identity);
  network.wire.add_message(proto::NeuralNetwork::kPreprocessing, [&] {
    network.wire.add_text(proto::NeuralNetworkPreprocessing::kFeatureName, "x");
    network.wire.add_message(proto::NeuralNetworkPreprocessing::kMeanImage, [&] {
      add_floats(network.wire, proto::NeuralNetworkMeanImage::kMeanImage, {1, 2});
    });
  });
  expect_near(network.run1({{"x", of(DType::kUInt8, {1, 2}, {10, 20})}}), {1, 1, 2}, {9, 18});
}

TestNetwork classifier() {
  TestNetwork network;
  network.file.type = "neuralNetworkClassifier";
  network.file.description.interface.predicted_feature_name = "label";
  network.file.description.interface.predicted_probabilities_name = "scores";
  Feature label, scores;
  label.name = "label";
  label.type = StringFeature{};
  scores.name = "scores";
  scores.type = DictFeature{KeyKind::kString};
  network.input("x", {3}).output(label).output(scores).layer(Layer::kSoftmax, {"x"}, {"p"});
  return network;
}

TEST(NeuralNetworkBorder, ClassifierNamesTheLikeliestClass) {
  TestNetwork network = classifier();
  network.wire.add_message(proto::NeuralNetworkClassifier::kStringClassLabels, [&] {
    for (const char* name : {"cat", "dog", "owl"}) network.wire.add_text(1, name);
  });
  WF_ASSERT_OK_AND_ASSIGN(const Features out, network.run({{"x", f32({3}, {0, std::log(3.0), 0})}}));
  EXPECT_EQ(find_feature(out, "label")->tensor()->strings()[0], "dog");
  const Dict* scores = find_feature(out, "scores")->dict();
  ASSERT_NE(scores, nullptr);
  ASSERT_EQ(scores->items.size(), 3U);
  for (const auto& [key, value] : scores->items) {
    EXPECT_NEAR(read_double(*value.tensor(), 0), key.tensor()->strings()[0] == "dog" ? 0.6 : 0.2, 1e-6);
  }
}

TEST(NeuralNetworkBorder, ClassifierWithoutLabelsIsRefused) {
  EXPECT_NE(classifier().failure().find("without class labels"), std::string::npos);
}

TEST(NeuralNetworkBorder, CustomLayersAreRefusedByName) {
  TestNetwork network;
  network.input("x", {1}).output("y").layer(Layer::kCustom, {"x"}, {"y"}, [](WireWriter& w) {
    w.add_text(proto::CustomLayerParams::kClassName, "Swish");
  });
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, network.lower());
  EXPECT_EQ(file.program, nullptr);
  ASSERT_EQ(file.refusals.size(), 1U);
  EXPECT_EQ(file.refusals[0].what, "custom layer 'Swish'");
}

// The numbers of the layer types in NeuralNetworkLayer, all but that of custom layers.
constexpr uint32_t kLayerFields[] = {
    100,  120,  130,  140,  150,  160,  165,  170,  175,  180,  190,  200,  210,  211,  212,  220,
    230,  231,  240,  245,  250,  260,  261,  270,  280,  290,  300,  301,  310,  320,  330,  340,
    345,  350,  400,  410,  420,  430,  600,  605,  615,  620,  625,  635,  640,  660,  665,  670,
    680,  685,  700,  710,  715,  720,  730,  735,  740,  750,  755,  760,  770,  775,  780,  790,
    795,  815,  820,  825,  827,  830,  832,  840,  845,  850,  855,  865,  870,  875,  880,  885,
    890,  895,  900,  905,  920,  925,  930,  935,  940,  945,  950,  952,  954,  960,  965,  975,
    980,  985,  995,  1000, 1005, 1015, 1020, 1025, 1040, 1045, 1065, 1070, 1080, 1085, 1090, 1100,
    1105, 1110, 1120, 1125, 1130, 1135, 1140, 1145, 1150, 1155, 1170, 1175, 1180, 1190, 1195, 1200,
    1210, 1215, 1220, 1230, 1250, 1255, 1260, 1265, 1270, 1275, 1280, 1285, 1290, 1295, 1313, 1315,
    1320, 1325, 1330, 1350, 1400, 1450, 1455, 1460, 1461, 1465, 1466, 1470, 1471};

TEST(NeuralNetworkBorder, EveryLayerTypeIsKnown) {
  EXPECT_EQ(std::size(kLayerFields) + 1, 158u);
  for (const uint32_t field : kLayerFields) EXPECT_NE(find_layer_def(field), nullptr) << field;
}

TEST(NeuralNetworkBorder, LayersInsideBranchesAreCountedAndRefused) {
  TestNetwork network;
  network.input("x", {1}).output("y").layer(Layer::kBranch, {"x"}, {}, [](WireWriter& w) {
    w.add_message(proto::BranchLayerParams::kIfBranch, [&] { add_layer(w, Layer::kCustom, {"x"}, {"y"}); });
  });
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, network.lower());
  EXPECT_EQ(file.layer_types, (std::vector<std::string>{"branch", "custom"}));
  EXPECT_EQ(file.refusals.size(), 1U);
}

TEST(NeuralNetworkBorder, ErrorsNameTheLayer) {
  TestNetwork unknown, missing, absent, absurd;
  unknown.input("x", {1}).output("y").layer(9999, {"x"}, {"y"});
  EXPECT_NE(unknown.failure().find("layer 0 'make_y' (layer type 9999): this layer type is not known"),
            std::string::npos);
  missing.input("x", {1}).output("y").layer(Layer::kActivation, {"z"}, {"y"}, identity);
  EXPECT_NE(missing.failure().find("layer 0 'make_y' (activation): reads 'z'"), std::string::npos);
  absent.input("x", {1}).output("y").layer(Layer::kActivation, {"x"}, {"z"}, identity);
  EXPECT_NE(absent.failure().find("no layer computes the output 'y'"), std::string::npos);
  absurd.input("x", {1}).output("y").layer(Layer::kInnerProduct, {"x"}, {"y"}, [](WireWriter& w) {
    w.add_varint(proto::InnerProductLayerParams::kInputChannels, uint64_t{1} << 62);
  });
  EXPECT_NE(absurd.failure().find("inputChannels is 4611686018427387904, expected 1 to 2^31"),
            std::string::npos);
}

TEST(NeuralNetworkBorder, AnOutputMayShareANameWithALayer) {
  TestNetwork network;
  network.input("x", {1}).output("make_y", {1}).output("y", {1});
  network.layer(Layer::kActivation, {"x"}, {"y"}, identity);
  network.layer(Layer::kActivation, {"y"}, {"make_y"}, identity);
  WF_ASSERT_OK_AND_ASSIGN(const Features out, network.run({{"x", f32({1}, {5})}}));
  expect_near(*find_feature(out, "make_y")->tensor(), {1}, {5});
  expect_near(*find_feature(out, "y")->tensor(), {1}, {5});
}

}  // namespace
}  // namespace wf::test
