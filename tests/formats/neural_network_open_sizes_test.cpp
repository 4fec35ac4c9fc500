// Layers whose sizes are known only when the network runs, and parameters longer than the rank.
#include <cmath>

#include "formats/network_builder.h"

namespace wf::test {
namespace {

TEST(NeuralNetworkOpenSizes, ADeconvolutionWithAnOutputShapeTakesAnyBatch) {
  using P = proto::ConvolutionLayerParams;
  TestNetwork network(true);
  network.input(flexible("x", {1, 1, 2, 2}, {{1, 4}, {1, 1}, {2, 2}, {2, 2}})).output("y");
  network.layer(Layer::kConvolution, {"x"}, {"y"}, [](WireWriter& w) {
    w.add_varint(P::kOutputChannels, 1);
    w.add_varint(P::kKernelChannels, 1);
    add_sizes(w, P::kKernelSize, {2, 2});
    add_sizes(w, P::kStride, {2, 2});
    w.put_flag(P::kIsDeconvolution, true);
    add_sizes(w, P::kOutputShape, {4, 4});
    add_weights(w, P::kWeights, {1, 2, 3, 4});
  });
  expect_near(
      network.run1({{"x", f32({2, 1, 2, 2}, {1, 0, 0, 0, 0, 0, 0, 2})}}), {2, 1, 4, 4},
      {1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 6, 8});
}

TEST(NeuralNetworkOpenSizes, BoxesWithoutAnImageIndexAreCutFromEveryImage) {
  using P = proto::CropResizeLayerParams;
  TestNetwork network(true);
  network.input(flexible("x", {1, 1, 1, 2, 2}, {{1, 1}, {1, 9}, {1, 1}, {2, 2}, {2, 2}}))
      .input("boxes", {2, 1, 4, 1, 1})
      .output("y")
      .layer(Layer::kCropResize, {"x", "boxes"}, {"y"},
             [](WireWriter& w) { add_sizes(w, P::kTargetSize, {1, 1}); });
  // One point per box, at its corner: the first pixel and the last, of both images.
  expect_near(network.run1({{"x", f32({1, 2, 1, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})},
                            {"boxes", f32({2, 1, 4, 1, 1}, {0, 0, 1, 1, 1, 1, 1, 1})}}),
              {2, 2, 1, 1, 1}, {1, 5, 4, 8});
}

TEST(NeuralNetworkOpenSizes, ParametersOfADynamicSliceMayBeLongerThanTheRank) {
  using P = proto::SliceDynamicLayerParams;
  TestNetwork network(true);
  network.input("x", {5})
      .input("begin", {1})
      .input("end", {1})
      .output("y")
      .layer(Layer::kSliceDynamic, {"x", "begin", "end"}, {"y"}, [](WireWriter& w) {
        add_sizes(w, P::kStrides, {2, 1, 1, 1, 1});
        add_sizes(w, P::kEndMasks, {0, 0, 0, 0, 0});
      });
  expect_near(
      network.run1({{"x", f32({5}, {0, 1, 2, 3, 4})}, {"begin", f32({1}, {1})}, {"end", f32({1}, {4})}}), {2},
      {1, 3});
}

TEST(NeuralNetworkOpenSizes, TopKTakesItsCountFromTheSecondInput) {
  TestNetwork network(true);
  network.input("x", {5}).input("k", {1}).output("values").output("indices").layer(
      Layer::kTopK, {"x", "k"}, {"values", "indices"}, [](WireWriter&) {});
  const auto out = network.run({{"x", f32({5}, {3, 9, 4, 7, 5})}, {"k", f32({1}, {2})}});
  ASSERT_TRUE(out.ok()) << out.error().to_string();
  expect_near(*(*out)[0].second.tensor(), {2}, {9, 7});
  expect_near(*(*out)[1].second.tensor(), {2}, {1, 3});
}

TEST(NeuralNetworkOpenSizes, TheLogarithmAddsAnEpsilonThatIsSet) {
  using P = proto::UnaryFunctionLayerParams;
  const auto run = [](float epsilon) {
    TestNetwork network;
    network.input("x", {1}).output("y", {1}).layer(Layer::kUnary, {"x"}, {"y"}, [&](WireWriter& w) {
      w.put_int(P::kType, static_cast<int64_t>(P::Operation::kLog));
      w.add_float(P::kEpsilon, epsilon);
    });
    return network.run1({{"x", f32({1}, {3})}});
  };
  expect_near(run(0), {1}, {std::log(3.0)});
  expect_near(run(1), {1}, {std::log(4.0)});
}

}  // namespace
}  // namespace wf::test
