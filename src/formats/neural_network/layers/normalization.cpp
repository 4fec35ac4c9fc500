// Normalizations.
#include "formats/neural_network/layer_context.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

double epsilon_or(const LayerContext& c, uint32_t field, double fallback) {
  return c.number(field) == 0 ? fallback : c.number(field);  // zero means "not set"
}

// (x - mean) / sqrt(variance + epsilon) over these axes, or only x - mean.
ValueId normalized(LayerContext& c, ValueId x, const std::vector<int64_t>& axes, bool variance,
                   double epsilon) {
  const ValueId mean = c.op("reduce_mean", {{"x", x}, {"axes", axes}, {"keep_dims", true}});
  const ValueId centred = c.op("sub", {{"x", x}, {"y", mean}});
  if (!variance) return centred;
  const ValueId squares =
      c.op("reduce_mean", {{"x", c.op("square", {{"x", centred}})}, {"axes", axes}, {"keep_dims", true}});
  return c.op("mul", {{"x", centred}, {"y", c.op("rsqrt", {{"x", squares}, {"epsilon", epsilon}})}});
}

Status lower_batchnorm(LayerContext& c) {
  using P = proto::BatchnormLayerParams;
  WF_CHECK(c.expect(1, 1));
  const int64_t channels = c.size(c.params().u64(P::kChannels), "channels");
  const double epsilon = epsilon_or(c, P::kEpsilon, 1e-5);
  const ValueId gamma = c.weights(P::kGamma, {channels}, "gamma");
  const ValueId beta = c.weights(P::kBeta, {channels}, "beta");
  const ValueId x = c.nchw();
  if (!c.params().flag(P::kComputeMeanVar)) {
    c.set_nchw(c.op("batch_norm", {{"x", x},
                                   {"mean", c.weights(P::kMean, {channels}, "mean")},
                                   {"variance", c.weights(P::kVariance, {channels}, "variance")},
                                   {"gamma", gamma},
                                   {"beta", beta},
                                   {"epsilon", epsilon}}));
    return {};
  }
  if (c.params().flag(P::kInstanceNormalization)) {
    c.set_nchw(c.op("instance_norm", {{"x", x}, {"gamma", gamma}, {"beta", beta}, {"epsilon", epsilon}}));
    return {};
  }
  const ValueId flat = normalized(c, x, {0, 2, 3}, true, epsilon);  // statistics of the whole batch
  const ValueId scaled = c.op("mul", {{"x", flat}, {"y", c.expand(gamma, {1, 2})}});
  c.set_nchw(c.op("add", {{"x", scaled}, {"y", c.expand(beta, {1, 2})}}));
  return {};
}

Status lower_mvn(LayerContext& c) {
  using P = proto::MeanVarianceNormalizeLayerParams;
  WF_CHECK(c.expect(1, 1));
  const std::vector<int64_t> axes =
      c.params().flag(P::kAcrossChannels) ? std::vector<int64_t>{-3, -2, -1} : std::vector<int64_t>{-2, -1};
  c.set_held(normalized(c, c.held(), axes, c.params().flag(P::kNormalizeVariance),
                        epsilon_or(c, P::kEpsilon, 1e-6)));
  return {};
}

Status lower_l2_normalize(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  const double epsilon = epsilon_or(c, proto::L2NormalizeLayerParams::kEpsilon, 1e-6);
  c.set_nchw(c.op("l2_norm", {{"x", c.nchw()}, {"epsilon", epsilon}}));
  return {};
}

Status lower_lrn(LayerContext& c) {
  using P = proto::LRNLayerParams;
  WF_CHECK(c.expect(1, 1));
  c.set_nchw(c.op("local_response_norm", {{"x", c.nchw()},
                                          {"size", c.size(c.params().u64(P::kLocalSize), "localSize")},
                                          {"alpha", c.number(P::kAlpha)},
                                          {"beta", c.number(P::kBeta)},
                                          {"k", epsilon_or(c, P::kK, 1)}}));
  return {};
}

Status lower_layer_normalization(LayerContext& c) {
  using P = proto::LayerNormalizationLayerParams;
  WF_CHECK(c.expect(1, 1));
  const std::vector<int64_t> shape = c.params().i64s(P::kNormalizedShape);
  if (shape.empty()) return c.bad("names no dimensions to normalize");
  std::vector<int64_t> axes;
  for (size_t i = 0; i < shape.size(); ++i)
    axes.push_back(static_cast<int64_t>(i) - static_cast<int64_t>(shape.size()));
  c.set(c.op("layer_norm", {{"x", c.input()},
                            {"axes", axes},
                            {"gamma", c.weights(P::kGamma, shape, "gamma")},
                            {"beta", c.weights(P::kBeta, shape, "beta")},
                            {"epsilon", c.number(P::kEps)}}));
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kBatchnorm, "batchnorm", lower_batchnorm},
    {L::kMvn, "mvn", lower_mvn},
    {L::kL2normalize, "l2normalize", lower_l2_normalize},
    {L::kLrn, "lrn", lower_lrn},
    {L::kLayerNormalization, "layerNormalization", lower_layer_normalization},
};

}  // namespace

WF_LAYER_FILE(normalization, kDefs);
}  // namespace wf
