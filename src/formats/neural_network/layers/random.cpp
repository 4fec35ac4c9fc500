// Random tensors: shaped like an input, by the parameters, or by an input's values. A seed of -1 is a new one
// every time.
#include "formats/neural_network/layer_context.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

enum class ShapeFrom : uint8_t { kLike, kParameters, kInput };

constexpr uint32_t kSeed = 1;  // in every message of the family

int64_t seed(const LayerContext& c) {
  const int64_t given = c.params().i64(kSeed);
  return given < 0 ? -1 : given & INT32_MAX;
}

BuilderArgument target_shape(LayerContext& c, ShapeFrom from, uint32_t field) {
  if (from == ShapeFrom::kLike) return c.shape_of(c.input());
  if (from == ShapeFrom::kInput) return c.vector_of_ints(0);
  std::vector<int64_t> shape;
  for (const uint64_t size : c.params().u64s(field)) shape.push_back(c.size(size, "outputShape"));
  return shape;
}

Status expect_inputs(const LayerContext& c, ShapeFrom from) {
  return from == ShapeFrom::kParameters ? c.expect(0, 0) : c.expect(1, 1);
}

template <ShapeFrom kFrom>
Status lower_normal(LayerContext& c) {
  using P = proto::RandomNormalStaticLayerParams;
  WF_CHECK(expect_inputs(c, kFrom));
  c.set(c.op("random_normal", {{"shape", target_shape(c, kFrom, P::kOutputShape)},
                               {"mean", c.number(P::kMean)},
                               {"stddev", c.number(P::kStdDev)},
                               {"seed", seed(c)}}));
  return {};
}

template <ShapeFrom kFrom>
Status lower_uniform(LayerContext& c) {
  using P = proto::RandomUniformStaticLayerParams;
  WF_CHECK(expect_inputs(c, kFrom));
  c.set(c.op("random_uniform", {{"shape", target_shape(c, kFrom, P::kOutputShape)},
                                {"low", c.number(P::kMinVal)},
                                {"high", c.number(P::kMaxVal)},
                                {"seed", seed(c)}}));
  return {};
}

template <ShapeFrom kFrom>
Status lower_bernoulli(LayerContext& c) {
  using P = proto::RandomBernoulliStaticLayerParams;
  WF_CHECK(expect_inputs(c, kFrom));
  c.set(c.op(
      "random_bernoulli",
      {{"shape", target_shape(c, kFrom, P::kOutputShape)}, {"prob", c.number(P::kProb)}, {"seed", seed(c)}}));
  return {};
}

// Draws class indices; a temperature divides the logits, or the logarithms of the probabilities.
Status lower_categorical(LayerContext& c) {
  using P = proto::CategoricalDistributionLayerParams;
  WF_CHECK(c.expect(1, 1));
  const double temperature = c.number(P::kTemperature);
  bool logits = c.params().flag(P::kIsLogits);
  ValueId x = c.input();
  if (temperature != 0 && temperature != 1) {
    if (!logits) x = c.op("log", {{"x", x}, {"epsilon", c.number(P::kEps)}});
    logits = true;
    x = c.op("mul", {{"x", x}, {"y", 1.0 / temperature}});
  }
  c.set(c.op("random_categorical", {{"x", x},
                                    {"mode", logits ? "logits" : "probs"},
                                    {"size", c.size(c.params().u64(P::kNumSamples), "numSamples")},
                                    {"seed", seed(c)}}));
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kRandomNormalLike, "randomNormalLike", lower_normal<ShapeFrom::kLike>},
    {L::kRandomNormalStatic, "randomNormalStatic", lower_normal<ShapeFrom::kParameters>},
    {L::kRandomNormalDynamic, "randomNormalDynamic", lower_normal<ShapeFrom::kInput>},
    {L::kRandomUniformLike, "randomUniformLike", lower_uniform<ShapeFrom::kLike>},
    {L::kRandomUniformStatic, "randomUniformStatic", lower_uniform<ShapeFrom::kParameters>},
    {L::kRandomUniformDynamic, "randomUniformDynamic", lower_uniform<ShapeFrom::kInput>},
    {L::kRandomBernoulliLike, "randomBernoulliLike", lower_bernoulli<ShapeFrom::kLike>},
    {L::kRandomBernoulliStatic, "randomBernoulliStatic", lower_bernoulli<ShapeFrom::kParameters>},
    {L::kRandomBernoulliDynamic, "randomBernoulliDynamic", lower_bernoulli<ShapeFrom::kInput>},
    {L::kCategoricalDistribution, "categoricalDistribution", lower_categorical},
};

}  // namespace

WF_LAYER_FILE(random, kDefs);
}  // namespace wf
