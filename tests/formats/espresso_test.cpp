#include <filesystem>
#include <random>

#include "base/endian.h"
#include "engine/reference/interpreter.h"
#include "formats/espresso/lower.h"
#include "program/text.h"
#include "support/support.h"

namespace wf::test {
namespace {

using Blobs = std::vector<std::pair<uint64_t, std::vector<float>>>;

std::string weight_file(const Blobs& blobs) {
  std::string file;
  append_little<uint64_t>(file, blobs.size());
  for (const auto& [id, values] : blobs) {
    append_little<uint64_t>(file, id);
    append_little<uint64_t>(file, values.size() * sizeof(float));
  }
  for (const auto& [id, values] : blobs) {
    for (const float value : values) append_little<float>(file, value);
  }
  return file;
}

std::string net_of(const std::string& layers, const std::string& more = "") {
  return R"({"format_version": 200, "storage": "model.espresso.weights", )" + more + R"("layers": [)" +
         layers + "]}";
}
std::string shapes_of(const std::string& shapes) { return R"({"layer_shapes": {)" + shapes + "}}"; }

Feature array(const std::string& name, Shape shape) {
  Feature feature;
  feature.name = name;
  ArrayFeature type;
  type.shape = std::move(shape);
  feature.type = type;
  return feature;
}

struct Lowered {
  ModelFile file;
  Status status;
};

// Lowers a network whose description is `interface`, or guessed if that is empty.
Lowered lower(const std::string& net_text, const std::string& shapes, const Blobs& blobs,
              Interface interface = {}, const EspressoClasses& classes = {}) {
  Lowered lowered;
  auto net = parse_espresso_net(net_text, shapes);
  if (!net) return {{}, net.error()};
  const auto bytes = std::make_shared<const std::string>(weight_file(blobs));
  auto weights = EspressoWeights::from_bytes(as_bytes(*bytes), bytes);
  if (!weights) return {{}, weights.error()};
  lowered.file.description.interface = std::move(interface);
  describe_espresso(*net, lowered.file);
  lowered.status = lower_espresso(*net, *weights, classes, lowered.file);
  return lowered;
}

std::vector<Datum> run(const ModelFile& file, std::vector<Datum> inputs) {
  auto function = ReferenceFunction::prepare(file.program, "");
  EXPECT_TRUE(function.ok()) << function.error().to_string();
  if (!function) return {};
  auto outputs = (*function)->run(inputs, {});
  EXPECT_TRUE(outputs.ok()) << outputs.error().to_string();
  return outputs ? *std::move(outputs) : std::vector<Datum>();
}

Tensor run1(const Lowered& lowered, Tensor input) {
  EXPECT_TRUE(lowered.status.ok()) << lowered.status.error().to_string();
  EXPECT_NE(lowered.file.program, nullptr) << refusal_text(lowered.file);
  if (!lowered.file.program) return {};
  const auto outputs = run(lowered.file, {std::move(input)});
  return outputs.empty() ? Tensor() : *outputs[0].tensor();
}

constexpr const char* kPointwise =
    R"({"type": "convolution", "name": "c", "bottom": "x", "top": "y", "C": 2, "K": 2, "Nx": 1, "Ny": 1, "n_groups": 1,
        "has_biases": 1, "blob_weights": 3, "blob_biases": 1, "fused_relu": 1, "weights": {}, "n_parallel": 1})";

TEST(Espresso, PointwiseConvolutionByHand) {
  // y0 = relu(1*3 + 2*5 + 0.5), y1 = relu(0*3 - 1*5 - 0.5). Biases are stored with zeros behind them.
  const auto lowered = lower(net_of(kPointwise),
                             shapes_of(R"("x": {"n":1,"k":2,"h":1,"w":1}, "y": {"n":1,"k":2,"h":1,"w":1})"),
                             {{0, {}}, {1, {0.5f, -0.5f, 0, 0, 0, 0, 0, 0}}, {3, {1, 2, 0, -1}}},
                             {{array("x", {2, 1, 1})}, {array("y", {2, 1, 1})}, {}, {}, {}});
  expect_near(run1(lowered, f32({2, 1, 1}, {3, 5})), {2, 1, 1}, {13.5, 0});
  EXPECT_EQ(lowered.file.layer_types, (std::vector<std::string>{"convolution"}));
}

TEST(Espresso, ShapesThatDisagreeAreErrors) {
  const auto lowered =
      lower(net_of(kPointwise), shapes_of(R"("x": {"k":2,"h":1,"w":1}, "y": {"k":2,"h":3,"w":1})"),
            {{1, {0, 0}}, {3, {1, 2, 0, -1}}});
  ASSERT_FALSE(lowered.status.ok());
  EXPECT_NE(lowered.status.error().to_string().find("model.espresso.shape says [1, 2, 3, 1]"),
            std::string::npos);
}

TEST(Espresso, InnerProductFlattenAndSoftmax) {
  // Channel-last flatten of [2, 1, 2]: k varies fastest: (1, 3, 2, 4). Row 0 picks the second, row 1 the
  // third.
  const std::string layers =
      R"({"type": "flatten", "name": "f", "bottom": "x", "top": "f", "mode": 1},
         {"type": "inner_product", "name": "ip", "bottom": "f", "top": "y", "nB": 4, "nC": 2, "blob_weights": 1,
          "has_relu": 0, "has_prelu": 0, "has_tanh": 0},
         {"type": "softmax", "name": "s", "bottom": "y", "top": "p", "C": 2})";
  const auto lowered =
      lower(net_of(layers), shapes_of(R"("x": {"k":2,"h":1,"w":2}, "p": {"k":2})"),
            {{1, {0, 1, 0, 0, 0, 0, 1, 0}}}, {{array("x", {2, 1, 2})}, {array("p", {2})}, {}, {}, {}});
  const double e3 = std::exp(3.0), e2 = std::exp(2.0);
  expect_near(run1(lowered, f32({2, 1, 2}, {1, 2, 3, 4})), {2}, {e3 / (e3 + e2), e2 / (e3 + e2)});
}

TEST(Espresso, BatchnormNumbersLieSideBySide) {
  const auto lowered = lower(net_of(R"({"type": "batchnorm", "name": "b", "bottom": "x", "top": "y", "C": 2,
                                        "blob_batchnorm_params": 1, "training_eps": 1e-9})"),
                             shapes_of(R"("x": {"k":2})"), {{1, {2, 10, 1, 4, 3, 20, 2, 1}}});
  // gamma (x - mean) / sqrt(variance) + beta: 2 * (5 - 1) / 2 + 10, 3 * (5 - 2) / 1 + 20
  expect_near(run1(lowered, f32({2, 1, 1}, {5, 5})), {2, 1, 1}, {14, 29});
}

TEST(Espresso, PoolTakesCeilingWhereTheShapeSaysSo) {
  const std::string pool =
      R"({"type": "pool", "name": "p", "bottom": "x", "top": "y", "avg_or_max": 1, "size_x": 2, "size_y": 1,
                               "stride_x": 2, "stride_y": 1, "pad_mode": 0, "average_count_exclude_padding": 1})";
  const auto floor = lower(net_of(pool), shapes_of(R"("x": {"w":3}, "y": {"w":1})"), {});
  expect_near(run1(floor, f32({1, 1, 3}, {1, 2, 3})), {1, 1, 1}, {2});
  const auto ceiling = lower(net_of(pool), shapes_of(R"("x": {"w":3}, "y": {"w":2})"), {});
  expect_near(run1(ceiling, f32({1, 1, 3}, {1, 2, 3})), {1, 1, 2}, {2, 3});
}

TEST(Espresso, TransposeAndReshapeNameAxesFromTheInnermost) {
  // [k=4] -> seq 2, k 2 -> w from seq: as in a network that runs a convolution over time.
  const std::string layers =
      R"({"type": "reshape", "name": "r", "bottom": "x", "top": "r", "mode": 0, "dst_seq": 2, "dst_n": 0, "dst_k": 2, "dst_h": 1, "dst_w": 1},
         {"type": "transpose", "name": "t", "bottom": "r", "top": "y", "axis_w": 4, "axis_h": 1, "axis_k": 2, "axis_n": 3, "axis_seq": 0})";
  const auto lowered =
      lower(net_of(layers), shapes_of(R"("x": {"k":4}, "r": {"seq":2,"k":2}, "y": {"k":2,"w":2})"), {});
  expect_near(run1(lowered, f32({4, 1, 1}, {1, 2, 3, 4})), {2, 1, 2}, {1, 3, 2, 4});
}

TEST(Espresso, Elementwise) {
  const std::string layers =
      R"({"type": "elementwise", "name": "a", "bottom": "x", "top": "a", "operation": 2, "alpha": 3, "beta": 0},
         {"type": "elementwise", "name": "b", "bottom": "a", "top": "b", "operation": 119, "alpha": 0, "beta": 6},
         {"type": "elementwise", "name": "c", "bottom": "b", "top": "c", "operation": 3, "alpha": 0.5},
         {"type": "elementwise", "name": "d", "bottom": "x,c", "top": "d", "operation": 1, "alpha": 1},
         {"type": "elementwise", "name": "e", "bottom": "d,x", "top": "e", "operation": 0})";
  const auto lowered = lower(net_of(layers), shapes_of(R"("x": {"w":2})"), {});
  // x * clip(x + 3, 0, 6) / 2 + x for 1 and 5
  expect_near(run1(lowered, f32({1, 1, 2}, {1, 5})), {1, 1, 2}, {3, 20});
}

TEST(Espresso, Upsample) {
  const auto upsample = [](const std::string& factor) {
    return lower(
        net_of(
            R"({"type": "upsample", "name": "u", "bottom": "x", "top": "u", "mode": 0, "scaling_factor_x": )" +
            factor + R"(, "scaling_factor_y": 1})"),
        shapes_of(R"("x": {"w":2})"), {});
  };
  expect_near(run1(upsample("2"), f32({1, 1, 2}, {1, 5})), {1, 1, 4}, {1, 1, 5, 5});
  const Status absurd = upsample("2000000000").status;
  ASSERT_FALSE(absurd.ok());
  EXPECT_NE(absurd.error().to_string().find("4000000000"), std::string::npos) << absurd.error().to_string();
}

TEST(Espresso, ImagesAreScaledAsTheNetworkSays) {
  Feature image;
  image.name = "image";
  image.type = ImageFeature{1, 1, ColorLayout::kBgr, {}, {}, {}};
  const auto lowered = lower(
      net_of(
          R"({"type": "activation", "name": "a", "bottom": "image", "top": "y", "mode": 2, "alpha": 0.5})",
          R"("transform_params": {"image": {"scale": 0.5, "bias_r": 1, "bias_g": 2, "bias_b": -3, "is_network_bgr": 1}}, )"),
      shapes_of(R"("image": {"k":3})"), {}, {{image}, {array("y", {3, 1, 1})}, {}, {}, {}});
  // Channels blue, green, red: 4/2 - 3 = -1 (leaky: -0.5), 4/2 + 2, 4/2 + 1
  expect_near(run1(lowered, f32({1, 3, 1, 1}, {4, 4, 4})), {3, 1, 1}, {-0.5, 4, 3});
}

TEST(Espresso, ClassifiersGiveLabels) {
  EspressoClasses classes;
  for (const char* label : {"cat", "dog"}) classes.labels.items.emplace_back(text(label));
  classes.probabilities_name = "p";
  Interface interface;
  interface.inputs = {array("x", {2})};
  Feature label, probabilities;
  label.name = "label";
  label.type = StringFeature{};
  probabilities.name = "p";
  probabilities.type = DictFeature{};
  interface.outputs = {label, probabilities};
  interface.predicted_feature_name = "label";
  interface.predicted_probabilities_name = "p";
  const auto lowered =
      lower(net_of(R"({"type": "activation", "name": "p", "bottom": "x", "top": "p", "mode": 0})"),
            shapes_of(R"("x": {"k":2})"), {}, interface, classes);
  EXPECT_EQ(run1(lowered, f32({2}, {0.25, 0.75})).strings()[0], "dog");
}

TEST(Espresso, WhatIsNotKnownIsRefusedByName) {
  const auto refusal = [](const std::string& layer) {
    const auto lowered = lower(net_of(layer), shapes_of(R"("x": {"k":2})"), {{1, {0, 0, 0, 0}}});
    EXPECT_TRUE(lowered.status.ok()) << lowered.status.error().to_string();
    EXPECT_EQ(lowered.file.program, nullptr);
    return refusal_text(lowered.file);
  };
  EXPECT_NE(refusal(R"({"type": "rnn_arch", "name": "r", "bottom": "x", "top": "y"})")
                .find("espresso layer 'rnn_arch'"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"type": "activation", "name": "a", "bottom": "x", "top": "y", "mode": 77})")
                .find("mode 77"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"type": "elementwise", "name": "a", "bottom": "x", "top": "y", "operation": 24})")
                .find("operation 24"),
            std::string::npos);
  EXPECT_NE(
      refusal(R"({"type": "activation", "name": "a", "bottom": "x", "top": "y", "mode": 0, "twist": 4})")
          .find("'twist' = 4"),
      std::string::npos);
  EXPECT_NE(
      refusal(
          R"({"type": "inner_product", "name": "a", "bottom": "x", "top": "y", "nB": 2, "nC": 2, "weights": {"W_U8": 1}})")
          .find("W_U8"),
      std::string::npos);
}

TEST(Espresso, DamagedNetworksAreErrors) {
  const auto error = [](const std::string& layer) {
    const auto lowered = lower(net_of(layer), shapes_of(R"("x": {"k":2})"), {{1, {0, 0, 0, 0}}});
    EXPECT_FALSE(lowered.status.ok()) << layer;
    return lowered.status.ok() ? std::string() : lowered.status.error().to_string();
  };
  EXPECT_NE(error(R"({"type": "activation", "name": "a", "bottom": "z", "top": "y", "mode": "no"})")
                .find("is no number"),
            std::string::npos);
  EXPECT_NE(
      error(
          R"({"type": "inner_product", "name": "a", "bottom": "x", "top": "y", "nB": 3, "nC": 2, "blob_weights": 1})")
          .find("nB is 3"),
      std::string::npos);
  EXPECT_NE(
      error(
          R"({"type": "inner_product", "name": "a", "bottom": "x", "top": "y", "nB": 2, "nC": 9, "blob_weights": 1})")
          .find("16 bytes"),
      std::string::npos);
  EXPECT_NE(
      error(
          R"({"type": "inner_product", "name": "a", "bottom": "x", "top": "y", "nB": 2, "nC": 2, "blob_weights": 7})")
          .find("no blob 7"),
      std::string::npos);
  error(
      R"({"type": "convolution", "name": "a", "bottom": "x", "top": "y", "C": 1e300, "K": 2, "Nx": 1, "Ny": 1, "blob_weights": 1})");
  error(R"({"type": "activation", "name": "a", "bottom": "x", "top": "y,z", "mode": 0})");
  for (const char* net : {"", "{", "[]", "{}", R"({"format_version": 200})",
                          R"({"format_version": 200, "storage": "w", "layers": [1]})",
                          R"({"format_version": 200, "storage": "w", "layers": [{"type": "concat"}]})"}) {
    EXPECT_FALSE(parse_espresso_net(net, shapes_of("")).ok()) << net;
  }
  for (const char* shapes :
       {"", "{}", R"({"layer_shapes": {"x": 1}})", R"({"layer_shapes": {"x": {"k": 0}}})",
        R"({"layer_shapes": {"x": {"k": 1e9}}})", R"({"layer_shapes": {"x": {"k": 99999999999}}})"}) {
    EXPECT_FALSE(parse_espresso_net(net_of(""), shapes).ok()) << shapes;
  }
}

TEST(Espresso, DamagedWeightFilesAreErrors) {
  const std::string good = weight_file({{0, {1, 2}}, {1, {3}}});
  EXPECT_TRUE(EspressoWeights::from_bytes(as_bytes(good), nullptr).ok());
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(
        EspressoWeights::from_bytes(as_bytes(std::string_view(good).substr(0, length)), nullptr).ok())
        << length;
  }
  EXPECT_FALSE(EspressoWeights::from_bytes(as_bytes(weight_file({{5, {1}}, {5, {2}}})), nullptr).ok());
  std::string huge = good;
  huge.replace(0, 8, std::string(8, '\xff'));
  EXPECT_FALSE(EspressoWeights::from_bytes(as_bytes(huge), nullptr).ok());
}

// Networks of the corpus whose weights are not there, with zeros in their place: every layer must come out in
// the shape that the compiler wrote down.
TEST(Espresso, CorpusNetworksComeOutInTheShapesTheCompilerWrote) {
  if (corpus_folder().empty()) GTEST_SKIP() << "no corpus beside the project";
  const std::pair<const char*, const char*> bundles[] = {{"inceptionv3-mlmodelc", "Inceptionv3.mlmodelc"},
                                                         {"small-unet-mlmodelc", "small_unet.mlmodelc"},
                                                         {"vgg16-mlmodelc", "VGG16.mlmodelc"}};
  for (const auto& [folder, bundle] : bundles) {
    const auto root = corpus_folder() / "structure-only" / folder / bundle;
    WF_ASSERT_OK_AND_ASSIGN(const std::string net_text, read_text_file(root / "model.espresso.net"));
    WF_ASSERT_OK_AND_ASSIGN(const std::string shapes, read_text_file(root / "model.espresso.shape"));
    WF_ASSERT_OK_AND_ASSIGN(const EspressoNet net, parse_espresso_net(net_text, shapes));
    // A sparse file, each blob as large as its layer needs.
    std::string table;
    uint64_t count = 0, size = 0;
    const auto add = [&](const nlohmann::json& layer, const char* key, uint64_t elements) {
      if (!layer.contains(key)) return;
      append_little<uint64_t>(table, layer[key].get<uint64_t>());
      append_little<uint64_t>(table, elements * sizeof(float));
      size += elements * sizeof(float);
      ++count;
    };
    for (const EspressoLayer& layer : net.layers) {
      const nlohmann::json& a = layer.attributes;
      const uint64_t outputs = a.contains("nC") ? a["nC"].get<uint64_t>() : a.value("C", uint64_t{0});
      const uint64_t inputs = a.contains("nB") ? a["nB"].get<uint64_t>()
                                               : a.value("K", uint64_t{0}) * a.value("Nx", uint64_t{0}) *
                                                     a.value("Ny", uint64_t{0});
      add(a, "blob_weights", inputs * outputs);
      add(a, "blob_biases", outputs);
      add(a, "blob_batchnorm_params", outputs * 4);
    }
    const auto path = scratch_folder("espresso_zeros") / "model.espresso.weights";
    std::string head;
    append_little<uint64_t>(head, count);
    WF_ASSERT_OK(write_file(path, head + table));
    std::filesystem::resize_file(path, head.size() + table.size() + size);
    WF_ASSERT_OK_AND_ASSIGN(const auto zeros, MappedFile::open(path));
    WF_ASSERT_OK_AND_ASSIGN(const EspressoWeights weights,
                            EspressoWeights::from_bytes(zeros->bytes(), zeros));
    ModelFile file;
    describe_espresso(net, file);
    WF_ASSERT_OK(lower_espresso(net, weights, {}, file));
    EXPECT_NE(file.program, nullptr) << folder << ": " << refusal_text(file);
    std::filesystem::remove(path);
  }
}

// Any damage of the texts or the weights ends in a program, a refusal or an error.
TEST(Espresso, RandomDamageIsSurvived) {
  const std::string layers =
      std::string(kPointwise) +
      R"(, {"type": "pool", "name": "p", "bottom": "y", "top": "z", "avg_or_max": 0, "size_x": 1, "size_y": 1, "pad_mode": 1},
                                  {"type": "flatten", "name": "f", "bottom": "z", "top": "f", "mode": 1})";
  const std::string net_text = net_of(layers), shapes = shapes_of(R"("x": {"n":1,"k":2,"h":1,"w":1})");
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string net = net_text, shape = shapes;
    for (int i = 0; i < 3; ++i) {
      std::string& damaged = random() % 4 ? net : shape;
      damaged[random() % damaged.size()] =
          static_cast<char>(random() % 2 ? '0' + random() % 10 : random() % 256);
    }
    lower(net, shape, {{1, {0, 0}}, {3, {1, 2, 0, -1}}});
  }
}

}  // namespace
}  // namespace wf::test
