// Recurrent layers against NumPy's evaluation of their equations.
#include "formats/network_builder.h"

namespace wf::test {
namespace {

using A = proto::ActivationParams;

const std::vector<float> kInput = {0.1F, 0.2F, 0.3F, -0.4F}, kForget = {0.5F, -0.6F, 0.7F, 0.8F},
                         kOutput = {-0.9F, 1.0F, 0.11F, 0.12F}, kBlock = {0.13F, -0.14F, 0.15F, 0.16F};

// The recursion matrix [[0.05, -0.1], [0.2, 0.15]] times a factor.
std::vector<float> recursion(float factor) {
  return {0.05F * factor, -0.1F * factor, 0.2F * factor, 0.15F * factor};
}

void add_activation(WireWriter& w, uint32_t field, uint32_t kind) {
  w.add_message(field, [&] { w.add_message(kind, [] {}); });
}

struct LstmOptions {
  uint32_t recurrent = A::kSigmoid;
  bool sequence = false, forget_bias = false, coupled = false, peepholes = false;
};

Fill lstm(const LstmOptions& options) {
  using P = proto::UniDirectionalLSTMLayerParams;
  using L = proto::LSTMParams;
  using W = proto::LSTMWeightParams;
  return [=](WireWriter& w) {
    w.add_varint(P::kInputVectorSize, 2);
    w.add_varint(P::kOutputVectorSize, 2);
    add_activation(w, P::kActivations, options.recurrent);
    add_activation(w, P::kActivations, A::kTanh);
    add_activation(w, P::kActivations, A::kTanh);
    w.add_message(P::kParams, [&] {
      w.put_flag(L::kSequenceOutput, options.sequence);
      w.put_flag(L::kHasBiasVectors, true);
      w.put_flag(L::kForgetBias, options.forget_bias);
      w.put_flag(L::kHasPeepholeVectors, options.peepholes);
      w.put_flag(L::kCoupledInputAndForgetGate, options.coupled);
    });
    w.add_message(P::kWeightParams, [&] {
      add_weights(w, W::kInputGateWeightMatrix, kInput);
      add_weights(w, W::kForgetGateWeightMatrix, kForget);
      add_weights(w, W::kBlockInputWeightMatrix, kBlock);
      add_weights(w, W::kOutputGateWeightMatrix, kOutput);
      add_weights(w, W::kInputGateRecursionMatrix, recursion(1));
      add_weights(w, W::kForgetGateRecursionMatrix, recursion(2));
      add_weights(w, W::kBlockInputRecursionMatrix, recursion(0.5F));
      add_weights(w, W::kOutputGateRecursionMatrix, recursion(-1));
      add_weights(w, W::kInputGateBiasVector, {0.01F, 0.02F});
      add_weights(w, W::kForgetGateBiasVector, {0.03F, 0.04F});
      add_weights(w, W::kBlockInputBiasVector, {0.07F, 0.08F});
      add_weights(w, W::kOutputGateBiasVector, {0.05F, 0.06F});
      add_weights(w, W::kInputGatePeepholeVector, {0.1F, 0.2F});
      add_weights(w, W::kForgetGatePeepholeVector, {0.3F, -0.1F});
      add_weights(w, W::kOutputGatePeepholeVector, {-0.2F, 0.4F});
    });
  };
}

TestNetwork one_step(const LstmOptions& options) {
  TestNetwork network;
  network.input("x", {2}).input("h", {2}).input("c", {2}).output("h_out", {2}).output("c_out", {2});
  network.layer(Layer::kUniDirectionalLSTM, {"x", "h", "c"}, {"y", "h_out", "c_out"}, lstm(options));
  return network;
}

const Features kStep = {
    {"x", f32({2}, {0.5, -1})}, {"h", f32({2}, {0.1, -0.2})}, {"c", f32({2}, {0.3, 0.4})}};

TEST(NeuralNetworkRecurrent, HardSigmoidWithoutParametersIsKeras) {
  const TestNetwork network = one_step({.recurrent = A::kSigmoidHard});
  WF_ASSERT_OK_AND_ASSIGN(const Features out, network.run(kStep));
  expect_near(*find_feature(out, "h_out")->tensor(), {2}, {0.0702694, 0.079229}, 1e-6);
  expect_near(*find_feature(out, "c_out")->tensor(), {2}, {0.33928, 0.1594802}, 1e-6);
  WF_ASSERT_OK_AND_ASSIGN(const ModelFile file, network.lower());
  ASSERT_EQ(file.notes.size(), 1U);
  EXPECT_NE(file.notes[0].find("0.2 x + 0.5"), std::string::npos);
}

TEST(NeuralNetworkRecurrent, PeepholesLookAtTheCellAndForgetBiasIsInTheBiases) {
  const TestNetwork network = one_step({.forget_bias = true, .peepholes = true});
  WF_ASSERT_OK_AND_ASSIGN(const Features out, network.run(kStep));
  expect_near(*find_feature(out, "h_out")->tensor(), {2}, {0.0622935, 0.0754577}, 1e-6);
  expect_near(*find_feature(out, "c_out")->tensor(), {2}, {0.354465, 0.1472992}, 1e-6);
}

TEST(NeuralNetworkRecurrent, CoupledGatesOverASequence) {
  // A sequence of two steps comes from the width of [2, 1, 2].
  TestNetwork network;
  network.input("x", {2, 1, 2}).output("y", {2});
  network.layer(Layer::kPermute, {"x"}, {"s"},
                [](WireWriter& w) { add_sizes(w, proto::PermuteLayerParams::kAxis, {3, 1, 2, 0}); });
  network.layer(Layer::kUniDirectionalLSTM, {"s"}, {"y"}, lstm({.sequence = true, .coupled = true}));
  expect_near(network.run1({{"x", f32({2, 1, 2}, {0.5, 0.25, -1, 0.75})}}), {2, 1, 2, 1, 1},
              {0.0245526, -0.0015929, 0.0355229, 0.0563693}, 1e-6);
}

TEST(NeuralNetworkRecurrent, Gru) {
  using P = proto::GRULayerParams;
  TestNetwork network;
  network.input("x", {2}).input("h", {2}).output("y", {2}).layer(
      Layer::kGru, {"x", "h"}, {"y"}, [](WireWriter& w) {
        w.add_varint(P::kInputVectorSize, 2);
        w.add_varint(P::kOutputVectorSize, 2);
        add_activation(w, P::kActivations, A::kSigmoid);
        add_activation(w, P::kActivations, A::kTanh);
        w.put_flag(P::kHasBiasVectors, true);
        add_weights(w, P::kUpdateGateWeightMatrix, kInput);
        add_weights(w, P::kResetGateWeightMatrix, kForget);
        add_weights(w, P::kOutputGateWeightMatrix, kOutput);
        add_weights(w, P::kUpdateGateRecursionMatrix, recursion(1));
        add_weights(w, P::kResetGateRecursionMatrix, recursion(2));
        add_weights(w, P::kOutputGateRecursionMatrix, recursion(-1));
        add_weights(w, P::kUpdateGateBiasVector, {0.01F, 0.02F});
        add_weights(w, P::kResetGateBiasVector, {0.03F, 0.04F});
        add_weights(w, P::kOutputGateBiasVector, {0.05F, 0.06F});
      });
  expect_near(network.run1({{"x", f32({2}, {0.5, -1})}, {"h", f32({2}, {0.1, -0.2})}}), {2},
              {-0.4222709, -0.1300235}, 1e-6);
}

TEST(NeuralNetworkRecurrent, SimpleRecurrent) {
  using P = proto::SimpleRecurrentLayerParams;
  TestNetwork network;
  network.input("x", {2}).input("h", {2}).output("y", {2}).layer(
      Layer::kSimpleRecurrent, {"x", "h"}, {"y"}, [](WireWriter& w) {
        w.add_varint(P::kInputVectorSize, 2);
        w.add_varint(P::kOutputVectorSize, 2);
        add_activation(w, P::kActivation, A::kTanh);
        w.put_flag(P::kHasBiasVector, true);
        add_weights(w, P::kWeightMatrix, kInput);
        add_weights(w, P::kRecursionMatrix, recursion(1));
        add_weights(w, P::kBiasVector, {0.01F, 0.02F});
      });
  expect_near(network.run1({{"x", f32({2}, {0.5, -1})}, {"h", f32({2}, {0.1, -0.2})}}), {2},
              {-0.1144957, 0.5079774}, 1e-6);
}

}  // namespace
}  // namespace wf::test
