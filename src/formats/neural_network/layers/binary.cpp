// Layers that combine blobs element by element, with NumPy broadcasting.
#include <algorithm>

#include "formats/neural_network/layer_context.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

int64_t largest_rank(const LayerContext& c) {
  int64_t largest = 0;
  for (size_t i = 0; i < c.input_count(); ++i) largest = std::max(largest, c.rank(i));
  return largest;
}

// Hidden dimensions are leading ones, so broadcasting the held values gives the held result.
ValueId fold(LayerContext& c, std::string_view op) {
  ValueId result = c.held(0);
  for (size_t i = 1; i < c.input_count(); ++i) result = c.op(op, {{"x", result}, {"y", c.held(i)}});
  return result;
}

// Layers of the first format: any number of blobs; with a single one, alpha is the other operand.
template <OpName kOp>
Status lower_nary_with_alpha(LayerContext& c) {
  WF_CHECK(c.expect(1, SIZE_MAX));
  if (c.input_count() == 1) {
    c.set_held(c.op(kOp.text, {{"x", c.held()}, {"y", c.number(proto::AddLayerParams::kAlpha)}}));
    return {};
  }
  c.set_held_of_rank(fold(c, kOp.text), largest_rank(c));
  return {};
}

template <OpName kOp>
Status lower_nary(LayerContext& c) {
  WF_CHECK(c.expect(1, SIZE_MAX));
  c.set_held_of_rank(fold(c, kOp.text), largest_rank(c));
  return {};
}

template <OpName kOp>
Status lower_pair(LayerContext& c) {
  WF_CHECK(c.expect(2, 2));
  return lower_nary<kOp>(c);
}

Status lower_average(LayerContext& c) {
  WF_CHECK(c.expect(1, SIZE_MAX));
  const ValueId sum = fold(c, "add");
  c.set_held_of_rank(c.op("mul", {{"x", sum}, {"y", 1.0 / static_cast<double>(c.input_count())}}),
                     largest_rank(c));
  return {};
}

// Comparisons answer 1 or 0; the second operand may be the number alpha, in field `kAlpha`.
template <OpName kOp, uint32_t kAlpha>
Status lower_comparison(LayerContext& c) {
  WF_CHECK(c.expect(1, 2));
  const ValueId answer = c.input_count() == 1 ? c.op(kOp.text, {{"x", c.held()}, {"y", c.number(kAlpha)}})
                                              : c.op(kOp.text, {{"x", c.held(0)}, {"y", c.held(1)}});
  c.set_held_of_rank(c.to_float(answer), largest_rank(c));
  return {};
}

// Every number but 0 is true.
template <OpName kOp>
Status lower_logical(LayerContext& c) {
  WF_CHECK(c.expect(2, 2));
  const ValueId x = c.op("not_equal", {{"x", c.held(0)}, {"y", 0.0}});
  const ValueId y = c.op("not_equal", {{"x", c.held(1)}, {"y", 0.0}});
  c.set_held_of_rank(c.to_float(c.op(kOp.text, {{"x", x}, {"y", y}})), largest_rank(c));
  return {};
}

ValueId channel_sum(LayerContext& c, ValueId x) {
  const std::vector<int64_t> channel_axis = {-3};
  return c.op("reduce_sum", {{"x", x}, {"axes", channel_axis}, {"keep_dims", true}});
}

// Over the channels; the cosine divides by both norms.
Status lower_dot(LayerContext& c) {
  WF_CHECK(c.expect(2, 2));
  ValueId dot = channel_sum(c, c.op("mul", {{"x", c.held(0)}, {"y", c.held(1)}}));
  if (c.params().flag(proto::DotProductLayerParams::kCosineSimilarity)) {
    const ValueId x2 = channel_sum(c, c.op("square", {{"x", c.held(0)}}));
    const ValueId y2 = channel_sum(c, c.op("square", {{"x", c.held(1)}}));
    const ValueId norms = c.op("sqrt", {{"x", c.op("mul", {{"x", x2}, {"y", y2}})}});
    dot = c.op("real_div", {{"x", dot}, {"y", norms}});
  }
  c.set_held_of_rank(dot, largest_rank(c));
  return {};
}

Status lower_where(LayerContext& c) {
  WF_CHECK(c.expect(3, 3));
  const ValueId condition = c.op("not_equal", {{"x", c.held(0)}, {"y", 0.0}});
  c.set_held_of_rank(c.op("select", {{"cond", condition}, {"a", c.held(1)}, {"b", c.held(2)}}),
                     largest_rank(c));
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kAdd, "add", lower_nary_with_alpha<"add">},
    {L::kMultiply, "multiply", lower_nary_with_alpha<"mul">},
    {L::kAverage, "average", lower_average},
    {L::kMax, "max", lower_nary<"maximum">},
    {L::kMin, "min", lower_nary<"minimum">},
    {L::kDot, "dot", lower_dot},
    {L::kAddBroadcastable, "addBroadcastable", lower_pair<"add">},
    {L::kSubtractBroadcastable, "subtractBroadcastable", lower_pair<"sub">},
    {L::kMultiplyBroadcastable, "multiplyBroadcastable", lower_pair<"mul">},
    {L::kDivideBroadcastable, "divideBroadcastable", lower_pair<"real_div">},
    {L::kFloorDivBroadcastable, "floorDivBroadcastable", lower_pair<"floor_div">},
    {L::kModBroadcastable, "modBroadcastable", lower_pair<"mod">},
    {L::kPowBroadcastable, "powBroadcastable", lower_pair<"pow">},
    {L::kMaxBroadcastable, "maxBroadcastable", lower_nary<"maximum">},
    {L::kMinBroadcastable, "minBroadcastable", lower_nary<"minimum">},
    {L::kEqual, "equal", lower_comparison<"equal", proto::EqualLayerParams::kAlpha>},
    {L::kNotEqual, "notEqual", lower_comparison<"not_equal", proto::NotEqualLayerParams::kAlpha>},
    {L::kLessThan, "lessThan", lower_comparison<"less", proto::LessThanLayerParams::kAlpha>},
    {L::kLessEqual, "lessEqual", lower_comparison<"less_equal", proto::LessEqualLayerParams::kAlpha>},
    {L::kGreaterThan, "greaterThan", lower_comparison<"greater", proto::GreaterThanLayerParams::kAlpha>},
    {L::kGreaterEqual, "greaterEqual",
     lower_comparison<"greater_equal", proto::GreaterEqualLayerParams::kAlpha>},
    {L::kLogicalOr, "logicalOr", lower_logical<"logical_or">},
    {L::kLogicalXor, "logicalXor", lower_logical<"logical_xor">},
    {L::kLogicalAnd, "logicalAnd", lower_logical<"logical_and">},
    {L::kWhereBroadcastable, "whereBroadcastable", lower_where},
};

}  // namespace

WF_LAYER_FILE(binary, kDefs);
}  // namespace wf
