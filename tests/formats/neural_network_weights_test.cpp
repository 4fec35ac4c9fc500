// Every way a neural network stores weights, read back through a constant layer.
#include "formats/network_builder.h"

namespace wf::test {
namespace {

using W = proto::WeightParams;
using Q = proto::QuantizationParams;

// A network that gives its constant, and takes an input only because a model has one.
TestNetwork constant_network(const Shape& shape, const Fill& weights) {
  TestNetwork network(true);
  network.input("x", {1}).output("y").layer(Layer::kLoadConstantND, {}, {"y"}, [&](WireWriter& w) {
    add_sizes(w, proto::LoadConstantNDLayerParams::kShape, shape);
    w.add_message(proto::LoadConstantNDLayerParams::kData, [&] { weights(w); });
  });
  return network;
}

Tensor read_back(const Shape& shape, const Fill& weights) {
  return constant_network(shape, weights).run1({{"x", f32({1}, {0})}});
}

void add_raw(WireWriter& w, std::string_view bytes, uint64_t bits, const Fill& quantization) {
  w.add_text(W::kRawValue, bytes);
  w.add_message(W::kQuantization, [&] {
    w.add_varint(Q::kNumberOfBits, bits);
    quantization(w);
  });
}

Fill linear(std::vector<float> scale, std::vector<float> bias) {
  return [=](WireWriter& w) {
    w.add_message(Q::kLinearQuantization, [&] {
      add_floats(w, proto::LinearQuantizationParams::kScale, scale);
      add_floats(w, proto::LinearQuantizationParams::kBias, bias);
    });
  };
}

Fill table(std::vector<float> entries) {
  return [=](WireWriter& w) {
    w.add_message(Q::kLookupTableQuantization,
                  [&] { add_floats(w, proto::LookUpTableQuantizationParams::kFloatValue, entries); });
  };
}

TEST(NeuralNetworkWeights, Floats) {
  const auto floats = [](WireWriter& w) { add_floats(w, W::kFloatValue, {0.5F, -1.25F, 3.0F}); };
  expect_near(read_back({3}, floats), {3}, {0.5, -1.25, 3});
}

TEST(NeuralNetworkWeights, FloatsThatAreNotPacked) {
  const auto floats = [](WireWriter& w) {
    for (const float value : {0.5F, -1.25F, 3.0F}) w.add_float(W::kFloatValue, value);
  };
  expect_near(read_back({3}, floats), {3}, {0.5, -1.25, 3});
}

TEST(NeuralNetworkWeights, FloatsStayInTheFile) {
  const auto floats = [](WireWriter& w) { add_floats(w, W::kFloatValue, std::vector<float>(100000, 1.0F)); };
  const TestNetwork network = constant_network({100000}, floats);
  const int64_t before = TensorMemory::live();
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, network.lower());
  EXPECT_LT(TensorMemory::live() - before, 1000);
  EXPECT_EQ(file.weight_bytes, 400000U);
}

TEST(NeuralNetworkWeights, Halves) {
  // 0.5, -1.25, 3 in binary16, low byte first
  const auto halves = [](WireWriter& w) {
    w.add_text(W::kFloat16Value, std::string_view("\x00\x38\x00\xbd\x00\x42", 6));
  };
  expect_near(read_back({3}, halves), {3}, {0.5, -1.25, 3});
}

TEST(NeuralNetworkWeights, EightBitsLinear) {
  const auto packed = [](WireWriter& w) {
    add_raw(w, std::string_view("\x00\x01\xff", 3), 8, linear({0.5F}, {-2.0F}));
  };
  expect_near(read_back({3}, packed), {3}, {-2, -1.5, 125.5});
}

TEST(NeuralNetworkWeights, ThreeBitsAreReadFromTheMostSignificant) {
  // 1, 7, 2, 5, 4 are 001 111 010 101 100 -> 0011 1101 0101 1000
  const auto packed = [](WireWriter& w) { add_raw(w, "\x3d\x58", 3, linear({1.0F}, {0.0F})); };
  expect_near(read_back({5}, packed), {5}, {1, 7, 2, 5, 4});
}

TEST(NeuralNetworkWeights, TwoBitTable) {
  // 3, 0, 1, 2, 1 are 11 00 01 10 01 -> 1100 0110 0100 0000
  const auto packed = [](WireWriter& w) { add_raw(w, "\xc6\x40", 2, table({10, 20, 30, 40})); };
  expect_near(read_back({5}, packed), {5}, {40, 10, 20, 30, 20});
}

TEST(NeuralNetworkWeights, LinearByChannel) {
  const auto packed = [](WireWriter& w) {
    add_raw(w, "\x01\x02\x03\x04", 8, linear({1.0F, 10.0F}, {0.0F, 0.5F}));
  };
  expect_near(read_back({2, 2}, packed), {2, 2}, {1, 2, 30.5, 40.5});
}

TEST(NeuralNetworkWeights, SignedBytes) {
  const auto bytes = [](WireWriter& w) {
    w.add_text(W::kInt8RawValue, "\x7f\x80\xff");
    w.add_message(W::kQuantization, [&] { linear({0.5F}, {})(w); });
  };
  expect_near(read_back({3}, bytes), {3}, {63.5, -64, -0.5});
}

TEST(NeuralNetworkWeights, CountsMustFit) {
  const auto floats = [](WireWriter& w) { add_floats(w, W::kFloatValue, {1, 2}); };
  EXPECT_NE(constant_network({3}, floats)
                .failure()
                .find("layer 0 'make_y' (loadConstantND): data: 2 weights, expected 3"),
            std::string::npos)
      << constant_network({3}, floats).failure();
  const auto packed = [](WireWriter& w) {
    add_raw(w, std::string_view("\x00\x00", 2), 3, linear({1.0F}, {0.0F}));
  };
  EXPECT_NE(constant_network({6}, packed).failure().find("2 bytes of 3-bit weights, expected 6"),
            std::string::npos);
  const auto entries = [](WireWriter& w) { add_raw(w, std::string_view("\x00", 1), 2, table({1, 2, 3})); };
  EXPECT_NE(constant_network({4}, entries).failure().find("3 entries, 2 bits need 4"), std::string::npos);
}

TEST(NeuralNetworkWeights, AbsurdShapesAreRefused) {
  const auto floats = [](WireWriter& w) { add_floats(w, W::kFloatValue, {1}); };
  EXPECT_NE(constant_network({2000000000, 2000000000, 2000000000}, floats).failure(), "");
  EXPECT_NE(constant_network({int64_t{1} << 40}, floats).failure().find("expected 1 to 2^31"),
            std::string::npos);
  const auto packed = [](WireWriter& w) {
    add_raw(w, std::string_view("\x00", 1), 1, linear({1.0F}, {0.0F}));
  };
  EXPECT_NE(constant_network({2000000000, 2000000000}, packed).failure().find("1 bytes of 1-bit weights"),
            std::string::npos);
}

}  // namespace
}  // namespace wf::test
