// Layers about order and position: sorting, cumulation, one-hot vectors, triangles, positions of non-zero
// elements.
#include "formats/neural_network/layer_context.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

ValueId int_scalar(LayerContext& c, size_t input) {
  return c.op("reshape", {{"x", c.ints(input)}, {"shape", std::vector<int64_t>{}}});
}

// Values and their indices; k may come as the second input.
Status lower_top_k(LayerContext& c) {
  using P = proto::TopKLayerParams;
  WF_CHECK(c.expect(1, 2, 2));
  const BuilderArgument k = c.input_count() == 2 ? BuilderArgument(int_scalar(c, 1))
                                                 : BuilderArgument(c.size(c.params().u64(P::kK), "K"));
  const std::vector<ValueId> top = c.op_n("topk",
                                          {{"x", c.input()},
                                           {"k", k},
                                           {"axis", c.params().i64(P::kAxis)},
                                           {"ascending", c.params().flag(P::kUseBottomK)}},
                                          2);
  c.set(top[0], 0);
  c.set(c.to_float(top[1]), 1);
  return {};
}

Status lower_arg_sort(LayerContext& c) {
  using P = proto::ArgSortLayerParams;
  WF_CHECK(c.expect(1, 1));
  c.set(c.to_float(c.op("argsort", {{"x", c.input()},
                                    {"axis", c.params().i64(P::kAxis)},
                                    {"ascending", !c.params().flag(P::kDescending)}})));
  return {};
}

Status lower_one_hot(LayerContext& c) {
  using P = proto::OneHotLayerParams;
  WF_CHECK(c.expect(1, 2));
  const BuilderArgument size =
      c.input_count() == 2
          ? BuilderArgument(int_scalar(c, 1))
          : BuilderArgument(c.size(c.params().u64(P::kOneHotVectorSize), "oneHotVectorSize"));
  c.set(c.op("one_hot", {{"indices", c.ints(0)},
                         {"one_hot_vector_size", size},
                         {"axis", c.params().i64(P::kAxis)},
                         {"on_value", c.number(P::kOnValue)},
                         {"off_value", c.number(P::kOffValue)}}));
  return {};
}

ValueId cum_sum(LayerContext& c, ValueId x, int64_t axis) {
  using P = proto::CumSumLayerParams;
  return c.op("cumsum", {{"x", x},
                         {"axis", axis},
                         {"exclusive", c.params().flag(P::kExcludeFinalSum)},
                         {"reverse", c.params().flag(P::kReverse)}});
}

// The axis may come as the second input: the operation wants a constant, so every axis is tried.
Status lower_cum_sum(LayerContext& c) {
  WF_CHECK(c.expect(1, 2));
  const ValueId x = c.input();
  if (c.input_count() == 1) {
    c.set(cum_sum(c, x, c.params().i64(proto::CumSumLayerParams::kAxis)));
    return {};
  }
  const int64_t rank = c.rank();
  const ValueId chosen = c.op("mod", {{"x", int_scalar(c, 1)}, {"y", rank}});
  ValueId y = cum_sum(c, x, 0);
  for (int64_t axis = 1; axis < rank; ++axis) {
    const ValueId here = c.op("equal", {{"x", chosen}, {"y", axis}});
    y = c.op("select", {{"cond", here}, {"a", cum_sum(c, x, axis)}, {"b", y}});
  }
  c.set(y);
  return {};
}

ValueId band(LayerContext& c, ValueId x, int64_t lower, int64_t upper) {
  return c.op("band_part", {{"x", x}, {"lower", lower}, {"upper", upper}});
}

Status lower_matrix_band_part(LayerContext& c) {
  using P = proto::MatrixBandPartLayerParams;
  WF_CHECK(c.expect(1, 1));
  c.set(band(c, c.input(), c.params().i64(P::kNumLower), c.params().i64(P::kNumUpper)));
  return {};
}

// A triangle that leaves diagonals out is what remains when a band from the other side is taken away.
ValueId outside(LayerContext& c, ValueId x, int64_t lower, int64_t upper) {
  const ValueId ones = c.op("fill", {{"shape", c.shape_of(x)}, {"value", 1.0}});
  const ValueId inside = c.op("not_equal", {{"x", band(c, ones, lower, upper)}, {"y", 0.0}});
  return c.op("select", {{"cond", inside}, {"a", 0.0}, {"b", x}});
}

// numpy.tril(x, k)
Status lower_lower_triangular(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  const int64_t k = c.params().i64(proto::LowerTriangularLayerParams::kK);
  c.set(k >= 0 ? band(c, c.input(), -1, k) : outside(c, c.input(), -(k + 1), -1));
  return {};
}

// numpy.triu(x, k)
Status lower_upper_triangular(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  const int64_t k = c.params().i64(proto::UpperTriangularLayerParams::kK);
  if (k == INT64_MIN) return c.bad("k is out of range");
  c.set(k <= 0 ? band(c, c.input(), -k, -1) : outside(c, c.input(), -1, k - 1));
  return {};
}

Status lower_where_non_zero(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  c.set(c.to_float(c.op("non_zero", {{"x", c.input()}})));
  return {};
}

// Inputs: boxes [n, B, 4] (centre and size) and scores [n, B, K], then optionally the two thresholds and the
// count.
Status lower_non_maximum_suppression(LayerContext& c) {
  using P = proto::NonMaximumSuppressionLayerParams;
  WF_CHECK(c.expect(2, 5, 4));
  const auto threshold = [&](size_t i, uint32_t field) -> BuilderArgument {
    if (c.input_count() <= i) return c.number(field);
    return c.op("reshape", {{"x", c.input(i)}, {"shape", std::vector<int64_t>{}}});
  };
  const BuilderArgument most = c.input_count() > 4
                                   ? BuilderArgument(int_scalar(c, 4))
                                   : BuilderArgument(c.size(c.params().u64(P::kMaxBoxes), "maxBoxes"));
  const std::vector<ValueId> kept =
      c.op_n("nn_non_maximum_suppression",
             {{"boxes", c.input(0)},
              {"scores", c.input(1)},
              {"iou_threshold", threshold(2, P::kIouThreshold)},
              {"score_threshold", threshold(3, P::kScoreThreshold)},
              {"max_boxes", most},
              {"per_class_suppression", c.params().flag(P::kPerClassSuppression)}},
             4);
  c.set(kept[0], 0);
  c.set(kept[1], 1);
  c.set(c.to_float(kept[2]), 2);
  c.set(c.to_float(kept[3]), 3);
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kNonMaximumSuppression, "NonMaximumSuppression", lower_non_maximum_suppression},
    {L::kTopK, "topK", lower_top_k},
    {L::kArgSort, "argSort", lower_arg_sort},
    {L::kOneHot, "oneHot", lower_one_hot},
    {L::kCumSum, "cumSum", lower_cum_sum},
    {L::kMatrixBandPart, "matrixBandPart", lower_matrix_band_part},
    {L::kLowerTriangular, "lowerTriangular", lower_lower_triangular},
    {L::kUpperTriangular, "upperTriangular", lower_upper_triangular},
    {L::kWhereNonZero, "whereNonZero", lower_where_non_zero},
};

}  // namespace

WF_LAYER_FILE(order, kDefs);
}  // namespace wf
