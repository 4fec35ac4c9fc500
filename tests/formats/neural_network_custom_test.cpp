// Custom layers of neural networks: on networks written here, and on two models of the corpus whose layers
// are implemented below.
#include <cmath>

#include "formats/network_builder.h"
#include "ops/custom_layer.h"

namespace wf::test {
namespace {

namespace fs = std::filesystem;
using P = proto::CustomLayerParams;
using V = proto::CustomLayerParamValue;

// Registered for the length of a test.
class Registered {
 public:
  Registered(std::string name, CustomLayer layer) : name_(std::move(name)) {
    EXPECT_TRUE(register_custom_layer(name_, std::move(layer)).ok());
  }
  ~Registered() { forget_custom_layer(name_); }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;

 private:
  std::string name_;
};

// f of every element of the only input.
template <class F>
CustomLayer elementwise(F f) {
  return {[f](const CustomLayerCall& call) -> Result<std::vector<Tensor>> {
            std::vector<double> values = read_doubles(call.inputs[0]);
            for (double& value : values) value = f(value);
            WF_TRY(Tensor out, Tensor::of_doubles(DType::kFloat32, call.inputs[0].shape(), values));
            return std::vector{out};
          },
          nullptr};
}

// Rows and columns `margin` to the last but `margin` of [.., H, W].
CustomLayer crop_by(int64_t margin) {
  const auto cropped = [margin](Shape shape) {
    for (size_t i = shape.size() - 2; i < shape.size(); ++i) {
      if (shape[i] != kUnknownSize) shape[i] -= 2 * margin;
    }
    return shape;
  };
  return {[=](const CustomLayerCall& call) -> Result<std::vector<Tensor>> {
            const Tensor& x = call.inputs[0];
            const int64_t height = x.shape()[3], width = x.shape()[4], planes = x.size() / (height * width);
            WF_TRY(Tensor out, Tensor::allocate(DType::kFloat32, cropped(x.shape())));
            int64_t at = 0;
            for (int64_t p = 0; p < planes; ++p) {
              for (int64_t i = margin; i < height - margin; ++i) {
                for (int64_t j = margin; j < width - margin; ++j)
                  out.store(at++, x.load<float>((p * height + i) * width + j));
              }
            }
            return std::vector{out};
          },
          [=](const std::vector<Shape>& inputs, const CustomParameters&) -> Result<std::vector<Shape>> {
            return std::vector<Shape>{cropped(inputs[0])};
          }};
}

void add_parameter(WireWriter& w, std::string_view key, const Fill& value) {
  w.add_message(P::kParameters, [&] {
    w.add_text(1, key);  // the key and the value of a map's entry
    w.add_message(2, [&] { value(w); });
  });
}

TEST(NeuralNetworkCustom, GetsRankFiveInputsParametersAndWeights) {
  const Registered layer(
      "Net.Mix", {[](const CustomLayerCall& call) -> Result<std::vector<Tensor>> {
                    EXPECT_EQ(call.inputs.size(), 2u);
                    EXPECT_EQ(call.inputs[0].shape(), (Shape{1, 1, 2, 1, 1}));
                    EXPECT_EQ(call.layer_name, "make_y");
                    EXPECT_EQ(std::get<double>(call.parameters.at("input_0")), 0.5);
                    EXPECT_EQ(std::get<int64_t>(call.parameters.at("steps")), -3);
                    EXPECT_EQ(std::get<int64_t>(call.parameters.at("big")), int64_t{1} << 40);
                    EXPECT_EQ(std::get<std::string>(call.parameters.at("mode")), "soft");
                    EXPECT_EQ(std::get<bool>(call.parameters.at("off")), false);
                    EXPECT_EQ(call.weights.size(), 2u);
                    expect_near(call.weights[0], {3}, {1, 2, 3});
                    expect_near(call.weights[1], {2}, {0.5, -2});  // stored as halves
                    std::vector<double> sum = read_doubles(call.inputs[0]);
                    const std::vector<double> other = read_doubles(call.inputs[1]);
                    for (size_t i = 0; i < sum.size(); ++i) sum[i] += 10 * other[i];
                    WF_TRY(Tensor out, Tensor::of_doubles(DType::kFloat32, call.inputs[0].shape(), sum));
                    return std::vector{out};
                  },
                  nullptr});
  TestNetwork net;
  net.input("a", {2}).input("b", {2}).output("y", {2});
  net.layer(Layer::kCustom, {"a", "b"}, {"y"}, [](WireWriter& w) {
    w.add_text(P::kClassName, "Net.Mix");
    add_weights(w, P::kWeights, {1, 2, 3});
    w.add_message(P::kWeights, [&] {
      const uint16_t halves[] = {0x3800, 0xC000};
      w.add_bytes(proto::WeightParams::kFloat16Value, std::as_bytes(std::span(halves)));
    });
    add_parameter(w, "input_0", [](WireWriter& v) { v.add_double(V::kDoubleValue, 0.5); });
    add_parameter(w, "steps", [](WireWriter& v) { v.put_int(V::kIntValue, -3); });
    add_parameter(w, "big", [](WireWriter& v) { v.put_int(V::kLongValue, int64_t{1} << 40); });
    add_parameter(w, "mode", [](WireWriter& v) { v.add_text(V::kStringValue, "soft"); });
    add_parameter(w, "off", [](WireWriter& v) { v.add_varint(V::kBoolValue, 0); });
  });
  expect_near(net.run1({{"a", f32({2}, {1, 2})}, {"b", f32({2}, {3, 4})}}), {2}, {31, 42});
}

TestNetwork cropping_network() {
  TestNetwork net;
  net.input("x", {1, 4, 5}).output("y");
  net.layer(Layer::kCustom, {"x"}, {"inner"}, [](WireWriter& w) { w.add_text(P::kClassName, "Net.Crop"); });
  net.layer(Layer::kFlatten, {"inner"}, {"y"});
  return net;
}

TEST(NeuralNetworkCustom, LaterLayersSeeTheShapeOfTheShapeFunction) {
  const Registered layer("Net.Crop", crop_by(1));
  const Tensor y = cropping_network().run1({{"x", iota({1, 4, 5})}});
  EXPECT_EQ(read_doubles(y), (std::vector<double>{6, 7, 8, 11, 12, 13}));
}

TEST(NeuralNetworkCustom, RefusedByNameWhileNobodyRegisteredIt) {
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, cropping_network().lower());
  ASSERT_EQ(file.refusals.size(), 1u);
  EXPECT_EQ(file.refusals[0].what, "custom layer 'Net.Crop'");
  EXPECT_EQ(file.refusals[0].supplier, Supplier::kCaller);
  EXPECT_EQ(file.program, nullptr);
  EXPECT_EQ(file.layer_types, (std::vector<std::string>{"custom", "flatten"}));
}

TEST(NeuralNetworkCustom, AShapeFunctionThatFailsIsNamed) {
  CustomLayer layer = crop_by(1);
  layer.output_shapes = [](const std::vector<Shape>&, const CustomParameters&) -> Result<std::vector<Shape>> {
    throw std::runtime_error("no idea");
  };
  const Registered registered("Net.Crop", std::move(layer));
  const std::string message = cropping_network().failure();
  EXPECT_NE(message.find("'Net.Crop'"), std::string::npos) << message;
  EXPECT_NE(message.find("its shape function threw: no idea"), std::string::npos) << message;
}

// Byte (7 y + 13 x + 101 c) mod 256: the picture that the expected numbers below were computed for.
Tensor picture(int64_t height, int64_t width) {
  std::vector<int64_t> bytes;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < 3; ++c) bytes.push_back((7 * y + 13 * x + 101 * c) % 256);
    }
  }
  auto tensor = Tensor::of_ints(DType::kUInt8, {height, width, 3}, bytes);
  EXPECT_TRUE(tensor.ok());
  return tensor ? *tensor : Tensor();
}

fs::path corpus_model(std::string_view name) {
  const fs::path corpus = corpus_folder();
  return corpus.empty() || !fs::exists(corpus / name) ? fs::path() : corpus / name;
}

// Expected: the network evaluated layer by layer in PyTorch 2.7 in float64, Swish as x sigmoid(x).
TEST(NeuralNetworkCustom, SwishModelOfTheCorpus) {
  const fs::path path = corpus_model("custom-swish/NeuralMcNeuralNet.mlmodel");
  if (path.empty()) GTEST_SKIP() << "the corpus of foreign models is not beside the project";
  CustomLayer swish = elementwise([](double x) { return x / (1 + std::exp(-x)); });
  swish.evaluate = [inner = swish.evaluate](const CustomLayerCall& call) {
    EXPECT_NEAR(std::get<double>(call.parameters.at("beta")), 0.01, 1e-12);
    return inner(call);
  };
  const Registered layer("Swish", std::move(swish));
  WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(path));
  WF_ASSERT_OK_AND_ASSIGN(const Features out, model.predict({{"image", picture(256, 256)}}));
  expect_near(*find_feature(out, "output")->tensor(), {10},
              {0.3067261, 0.03854375, 0.6085874, 0.001725361, 0.03679527, 0.001222011, 0.0005562115,
               0.002731436, 0.001674164, 0.001438312},
              1e-5);
}

// Expected: as above; the layers as their descriptions in the file say: x[:, 2:-2, 2:-2] and (x + 1) * 127.5.
// Takes seconds: some 20 thousand million multiplications one by one.
TEST(NeuralNetworkCustom, StyleTransferModelOfTheCorpus) {
  const fs::path path = corpus_model("custom-faststyle/FastStyleTransferVanGoghStarryNight.mlmodel");
  if (path.empty()) GTEST_SKIP() << "the corpus of foreign models is not beside the project";
  const Registered crop("ResCropBlockLambda", crop_by(2));
  const Registered rescale("RescaleOutputLambda", elementwise([](double x) { return (x + 1) * 127.5; }));
  WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(path));
  WF_ASSERT_OK_AND_ASSIGN(const Features out, model.predict({{"image", picture(320, 320)}}));
  const Tensor& styled = *find_feature(out, "output")->tensor();
  ASSERT_EQ(styled.shape(), (Shape{320, 320, 3}));
  struct Pixel {
    int64_t y, x, red, green, blue;
  };
  constexpr Pixel kExpected[] = {{0, 0, 103, 106, 149},    {17, 200, 160, 124, 41}, {100, 31, 57, 73, 103},
                                 {160, 160, 134, 168, 31}, {250, 77, 47, 75, 11},   {319, 319, 153, 152, 169},
                                 {64, 300, 78, 72, 207}};
  for (const Pixel& pixel : kExpected) {
    const int64_t at = (pixel.y * 320 + pixel.x) * 3;
    // One off where the exact value lies near a half.
    EXPECT_NEAR(read_double(styled, at), static_cast<double>(pixel.red), 1);
    EXPECT_NEAR(read_double(styled, at + 1), static_cast<double>(pixel.green), 1);
    EXPECT_NEAR(read_double(styled, at + 2), static_cast<double>(pixel.blue), 1);
  }
}

}  // namespace
}  // namespace wf::test
