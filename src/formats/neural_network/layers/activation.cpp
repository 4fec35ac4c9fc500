// Activation layers.
#include "formats/neural_network/activation.h"

#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using A = proto::ActivationParams;
using L = proto::NeuralNetworkLayer;

// One parameter for each channel, or one for all.
ValueId channel_parameter(LayerContext& c, const Message& weights, ValueId x, std::string_view what) {
  const int64_t channels = c.dim(x, 1);
  if (channels == kUnknownSize) {
    c.builder().fail(c.unsupported("parameters per channel, but the number of channels is flexible"));
    return {};
  }
  if (weights.floats(proto::WeightParams::kFloatValue).size() != 1)
    return c.weights(weights, {channels}, what);
  const std::vector<float> one = c.floats(weights, {1}, what);
  return one.empty()
             ? ValueId()
             : c.constant({channels}, std::vector<float>(static_cast<size_t>(channels), one[0]), what);
}

// The layer's operation on [N, C, H, W]. Vectors [C] and matrices [N, C], which have no height and width, get
// them.
template <class F>
void set_by_channel(LayerContext& c, F&& operation) {
  const int64_t rank = c.rank();
  if (rank >= 3) {
    c.set_nchw(operation(c.nchw()));
    return;
  }
  const std::vector<int64_t> added = rank == 1 ? std::vector<int64_t>{0, 2, 3} : std::vector<int64_t>{2, 3};
  c.set(c.squeeze(operation(c.expand(c.input(), added)), added));
}

Status lower_activation(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  if (c.params().has(A::kPReLU)) {
    const Message alphas = c.params().message(A::kPReLU).message(proto::ActivationPReLU::kAlpha);
    set_by_channel(c, [&](ValueId x) {
      return c.op("prelu", {{"x", x}, {"alpha", channel_parameter(c, alphas, x, "alpha")}});
    });
    return {};
  }
  if (c.params().has(A::kParametricSoftplus)) {
    using S = proto::ActivationParametricSoftplus;
    const Message softplus = c.params().message(A::kParametricSoftplus);
    const Message alphas = softplus.message(S::kAlpha), betas = softplus.message(S::kBeta);
    set_by_channel(c, [&](ValueId x) {
      return c.op("softplus_parametric", {{"x", x},
                                          {"alpha", channel_parameter(c, alphas, x, "alpha")},
                                          {"beta", channel_parameter(c, betas, x, "beta")}});
    });
    return {};
  }
  WF_TRY(const ValueId y, apply_activation(c, c.params(), c.held()));
  c.set_held(y);
  return {};
}

// min(beta, x >= 0 ? x : alpha * x)
Status lower_clamped_relu(LayerContext& c) {
  using P = proto::ClampedReLULayerParams;
  WF_CHECK(c.expect(1, 1));
  c.set_held(
      c.op("clamped_relu", {{"x", c.held()}, {"alpha", c.number(P::kAlpha)}, {"beta", c.number(P::kBeta)}}));
  return {};
}

Status lower_gelu(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  constexpr std::string_view kModes[] = {"EXACT", "TANH_APPROXIMATION", "SIGMOID_APPROXIMATION"};
  const uint64_t mode = c.params().u64(proto::GeluLayerParams::kMode);
  if (mode >= std::size(kModes)) return c.bad(fmt::format("mode {} is not known", mode));
  c.set_held(c.op("gelu", {{"x", c.held()}, {"mode", kModes[mode]}}));
  return {};
}

Status lower_softmax(LayerContext& c) {  // over the channels
  WF_CHECK(c.expect(1, 1));
  const int64_t axis = c.rank() >= 3 ? -3 : -c.rank();
  c.set_held(c.op("softmax", {{"x", c.held()}, {"axis", axis}}));
  return {};
}

Status lower_softmax_nd(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  c.set(c.op("softmax", {{"x", c.input()}, {"axis", c.params().i64(proto::SoftmaxNDLayerParams::kAxis)}}));
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kActivation, "activation", lower_activation},
    {L::kClampedReLU, "clampedReLU", lower_clamped_relu},
    {L::kGelu, "gelu", lower_gelu},
    {L::kSoftmax, "softmax", lower_softmax},
    {L::kSoftmaxND, "softmaxND", lower_softmax_nd},
};

}  // namespace

WF_LAYER_FILE(activation, kDefs);
}  // namespace wf
