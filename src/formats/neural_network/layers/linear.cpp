// Inner products, embeddings and batched matrix products.
#include <algorithm>

#include "formats/neural_network/layer_context.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

ValueId linear(LayerContext& c, ValueId x, int64_t inputs, int64_t outputs, uint32_t weights,
               uint32_t has_bias, uint32_t bias) {
  Builder::ArgumentList arguments = {{"x", x}, {"weight", c.weights(weights, {outputs, inputs}, "weight")}};
  if (c.params().flag(has_bias)) arguments.emplace_back("bias", c.weights(bias, {outputs}, "bias"));
  return c.op("linear", arguments);
}

// Up to rank 3 over the last dimension; from rank 4 on over [C, H, W]. The weights of an int8 dynamically
// quantized layer are used as what they stand for, and the input stays float: closer to the trained network
// than the rounded product.
Status lower_inner_product(LayerContext& c) {
  using P = proto::InnerProductLayerParams;
  WF_CHECK(c.expect(1, 1));
  const int64_t inputs = c.size(c.params().u64(P::kInputChannels), "inputChannels");
  const int64_t outputs = c.size(c.params().u64(P::kOutputChannels), "outputChannels");
  if (c.rank() <= 3) {
    c.set(linear(c, c.input(), inputs, outputs, P::kWeights, P::kHasBias, P::kBias));
    return {};
  }
  const ValueId rows = c.reshape(c.nchw(), {kUnknownSize, inputs});
  const ValueId y = linear(c, rows, inputs, outputs, P::kWeights, P::kHasBias, P::kBias);
  c.set_nchw(c.expand(y, {2, 3}));
  return {};
}

// Rows of a [outputs, words] matrix by column, plus the bias; indices have any shape, the result adds a last
// dimension.
ValueId look_up(LayerContext& c, ValueId indices, int64_t words, int64_t outputs, uint32_t weights,
                bool has_bias, uint32_t bias) {
  const ValueId table = c.transpose(c.weights(weights, {outputs, words}, "weight"), {1, 0});
  ValueId y = c.op("gather", {{"x", table}, {"indices", c.to_int(indices)}, {"axis", 0}});
  if (has_bias) y = c.op("add", {{"x", y}, {"y", c.weights(bias, {outputs}, "bias")}});
  return y;
}

// [N, 1, 1, 1] to [N, outputs, 1, 1]
Status lower_embedding(LayerContext& c) {
  using P = proto::EmbeddingLayerParams;
  WF_CHECK(c.expect(1, 1));
  const int64_t words = c.size(c.params().u64(P::kInputDim), "inputDim");
  const int64_t outputs = c.size(c.params().u64(P::kOutputChannels), "outputChannels");
  const ValueId indices = c.squeeze(c.nchw(), {1, 2, 3});
  const ValueId y = look_up(c, indices, words, outputs, P::kWeights, c.params().flag(P::kHasBias), P::kBias);
  c.set_nchw(c.expand(y, {2, 3}));
  return {};
}

// [.., 1] to [.., outputs]
Status lower_embedding_nd(LayerContext& c) {
  using P = proto::EmbeddingNDLayerParams;
  WF_CHECK(c.expect(1, 1));
  const int64_t words = c.size(c.params().u64(P::kVocabSize), "vocabSize");
  const int64_t outputs = c.size(c.params().u64(P::kEmbeddingSize), "embeddingSize");
  const ValueId indices = c.squeeze(c.input(), {-1});
  c.set(look_up(c, indices, words, outputs, P::kWeights, c.params().flag(P::kHasBias), P::kBias));
  return {};
}

// Unlike NumPy's product, that of two inputs keeps the dimension that a vector was given: rank 1 counts as
// [1, D] or [D, 1]. A vector times the constant matrix stays a vector.
Status lower_batched_matmul(LayerContext& c) {
  using P = proto::BatchedMatMulLayerParams;
  WF_CHECK(c.expect(1, 2));
  if (c.input_count() == 2) {
    ValueId x = c.input(0);
    ValueId y = c.input(1);
    if (c.rank(0) == 1) x = c.expand(x, {0});
    if (c.rank(1) == 1) y = c.expand(y, {1});
    c.set(c.op("matmul", {{"x", x},
                          {"y", y},
                          {"transpose_x", c.params().flag(P::kTransposeA)},
                          {"transpose_y", c.params().flag(P::kTransposeB)}}));
    return {};
  }
  // The constant matrix is stored by columns, which is how `linear` wants it.
  const int64_t rows = c.size(c.params().u64(P::kWeightMatrixFirstDimension), "weightMatrixFirstDimension");
  const int64_t columns =
      c.size(c.params().u64(P::kWeightMatrixSecondDimension), "weightMatrixSecondDimension");
  c.set(linear(c, c.input(), rows, columns, P::kWeights, P::kHasBias, P::kBias));
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kInnerProduct, "innerProduct", lower_inner_product},
    {L::kEmbedding, "embedding", lower_embedding},
    {L::kEmbeddingND, "embeddingND", lower_embedding_nd},
    {L::kBatchedMatmul, "batchedMatmul", lower_batched_matmul},
};

}  // namespace

WF_LAYER_FILE(linear, kDefs);
}  // namespace wf
