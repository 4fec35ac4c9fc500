// Constants, scales and biases, filled and counted tensors.
#include "formats/neural_network/layer_context.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

Shape declared_shape(LayerContext& c, uint32_t field, std::string_view what) {
  Shape shape;
  for (const uint64_t size : c.params().u64s(field)) shape.push_back(c.size(size, what));
  return shape;
}

// [1], [C], [1, H, W] or [C, H, W], so that it broadcasts with [.., C, H, W].
ValueId channel_constant(LayerContext& c, uint32_t shape_field, uint32_t data_field, std::string_view what) {
  Shape shape = declared_shape(c, shape_field, what);
  if (shape.empty()) shape = {1};
  const ValueId value = c.weights(data_field, shape, what);
  return shape.size() == 1 ? c.expand(value, {1, 2}) : value;
}

Status lower_scale(LayerContext& c) {
  using P = proto::ScaleLayerParams;
  WF_CHECK(c.expect(1, 1));
  ValueId y = c.op("mul", {{"x", c.held()}, {"y", channel_constant(c, P::kShapeScale, P::kScale, "scale")}});
  if (c.params().flag(P::kHasBias)) {
    y = c.op("add", {{"x", y}, {"y", channel_constant(c, P::kShapeBias, P::kBias, "bias")}});
  }
  c.set_held_of_rank(y, std::max(c.rank(), c.builder().rank(y)));
  return {};
}

Status lower_bias(LayerContext& c) {
  using P = proto::BiasLayerParams;
  WF_CHECK(c.expect(1, 1));
  const ValueId y = c.op("add", {{"x", c.held()}, {"y", channel_constant(c, P::kShape, P::kBias, "bias")}});
  c.set_held_of_rank(y, std::max(c.rank(), c.builder().rank(y)));
  return {};
}

Status lower_load_constant(LayerContext& c) {
  using P = proto::LoadConstantLayerParams;
  WF_CHECK(c.expect(0, 0));
  Shape shape = declared_shape(c, P::kShape, "shape");
  const bool rank5 = c.network().rank5_arrays();
  if (rank5 && shape.size() != 3)
    return c.bad(fmt::format("a shape of rank {}, expected [C, H, W]", shape.size()));
  if (rank5) shape.insert(shape.begin(), 1);
  c.set_blob({c.weights(P::kData, shape, "data"), rank5 ? 1 : 0}, 0);
  return {};
}

Status lower_load_constant_nd(LayerContext& c) {
  using P = proto::LoadConstantNDLayerParams;
  WF_CHECK(c.expect(0, 0));
  c.set(c.weights(P::kData, declared_shape(c, P::kShape, "shape"), "data"));
  return {};
}

ValueId filled(LayerContext& c, ValueId shape, double value) {
  return c.op("fill", {{"shape", shape}, {"value", value}});
}

Status lower_fill_like(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  c.set(filled(c, c.shape_of(c.input()), c.number(proto::FillLikeLayerParams::kValue)));
  return {};
}

Status lower_fill_static(LayerContext& c) {
  using P = proto::FillStaticLayerParams;
  WF_CHECK(c.expect(0, 0));
  c.set(filled(c, c.vector_constant(declared_shape(c, P::kTargetShape, "targetShape")), c.number(P::kValue)));
  return {};
}

Status lower_fill_dynamic(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  c.set(filled(c, c.vector_of_ints(0), c.number(proto::FillDynamicLayerParams::kValue)));
  return {};
}

// x * 1 broadcasts and keeps every value as it is.
void set_broadcast(LayerContext& c, ValueId shape) {
  c.set(c.op("mul", {{"x", c.input()}, {"y", filled(c, shape, 1.0)}}));
}

Status lower_broadcast_to_like(LayerContext& c) {
  WF_CHECK(c.expect(2, 2));
  set_broadcast(c, c.shape_of(c.input(1)));
  return {};
}

Status lower_broadcast_to_static(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  set_broadcast(c, c.vector_constant(
                       declared_shape(c, proto::BroadcastToStaticLayerParams::kTargetShape, "targetShape")));
  return {};
}

Status lower_broadcast_to_dynamic(LayerContext& c) {
  WF_CHECK(c.expect(2, 2));
  set_broadcast(c, c.vector_of_ints(1));
  return {};
}

Status lower_get_shape(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  c.set(c.to_float(c.shape_of(c.input())));
  return {};
}

Status lower_range_static(LayerContext& c) {
  using P = proto::RangeStaticLayerParams;
  WF_CHECK(c.expect(0, 0));
  c.set(c.op("range_1d", {{"end", c.number(P::kEndValue)},
                          {"start", c.number(P::kStartValue)},
                          {"step", c.number(P::kStepSizeValue)}}));
  return {};
}

// Inputs: end, then optionally start, then optionally step.
Status lower_range_dynamic(LayerContext& c) {
  using P = proto::RangeDynamicLayerParams;
  WF_CHECK(c.expect(1, 3));
  const auto scalar = [&](size_t i) {
    return c.op("reshape", {{"x", c.input(i)}, {"shape", std::vector<int64_t>{}}});
  };
  Builder::ArgumentList arguments = {{"end", scalar(0)}};
  if (c.input_count() > 1) {
    arguments.emplace_back("start", scalar(1));
  } else {
    arguments.emplace_back("start", c.number(P::kStartValue));
  }
  if (c.input_count() > 2) {
    arguments.emplace_back("step", scalar(2));
  } else {
    arguments.emplace_back("step", c.number(P::kStepSizeValue));
  }
  c.set(c.op("range_1d", arguments));
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kScale, "scale", lower_scale},
    {L::kBias, "bias", lower_bias},
    {L::kLoadConstant, "loadConstant", lower_load_constant},
    {L::kLoadConstantND, "loadConstantND", lower_load_constant_nd},
    {L::kFillLike, "fillLike", lower_fill_like},
    {L::kFillStatic, "fillStatic", lower_fill_static},
    {L::kFillDynamic, "fillDynamic", lower_fill_dynamic},
    {L::kBroadcastToLike, "broadcastToLike", lower_broadcast_to_like},
    {L::kBroadcastToStatic, "broadcastToStatic", lower_broadcast_to_static},
    {L::kBroadcastToDynamic, "broadcastToDynamic", lower_broadcast_to_dynamic},
    {L::kGetShape, "getShape", lower_get_shape},
    {L::kRangeStatic, "rangeStatic", lower_range_static},
    {L::kRangeDynamic, "rangeDynamic", lower_range_dynamic},
};

}  // namespace

WF_LAYER_FILE(constant, kDefs);
}  // namespace wf
