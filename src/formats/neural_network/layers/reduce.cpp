// Reductions, of the first format (over channels, height, width) and by axes.
#include <array>

#include "formats/neural_network/layer_context.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

Status lower_reduce(LayerContext& c) {
  using P = proto::ReduceLayerParams;
  using M = P::ReduceOperation;
  WF_CHECK(c.expect(1, 1));
  const std::array<std::vector<int64_t>, 5> kAxes = {{{-3, -2, -1}, {-2, -1}, {-3}, {-2}, {-1}}};
  constexpr std::string_view kOps[] = {"reduce_sum",        "reduce_mean",    "reduce_prod",    "reduce_sum",
                                       "reduce_sum_square", "reduce_l1_norm", "reduce_l2_norm", "reduce_max",
                                       "reduce_min",        "reduce_argmax"};
  const uint64_t mode = c.params().u64(P::kMode), axis = c.params().u64(P::kAxis);
  if (mode >= std::size(kOps)) return c.bad(fmt::format("operation {} is not known", mode));
  if (axis >= kAxes.size()) return c.bad(fmt::format("axis {} is not known", axis));
  if (static_cast<M>(mode) == M::kArgmax) {
    if (kAxes[axis].size() != 1) return c.bad("argmax is defined along a single axis only");
    c.set_held(
        c.to_float(c.op("reduce_argmax", {{"x", c.held()}, {"axis", kAxes[axis][0]}, {"keep_dims", true}})));
    return {};
  }
  ValueId y = c.op(kOps[mode], {{"x", c.held()}, {"axes", kAxes[axis]}, {"keep_dims", true}});
  if (static_cast<M>(mode) == M::kLogsum) {  // log(sum + epsilon)
    const double epsilon = c.number(P::kEpsilon) == 0 ? 1e-6 : c.number(P::kEpsilon);
    y = c.op("log", {{"x", y}, {"epsilon", epsilon}});
  }
  c.set_held(y);
  return {};
}

// The ten messages have the same fields.
template <OpName kOp>
Status lower_reduce_nd(LayerContext& c) {
  using P = proto::ReduceSumLayerParams;
  WF_CHECK(c.expect(1, 1));
  const bool keep = c.params().flag(P::kKeepDims);
  if (c.params().flag(P::kReduceAll)) {
    c.set(c.op(kOp.text, {{"x", c.input()}, {"keep_dims", keep}}));
    return {};
  }
  const std::vector<int64_t> axes = c.params().i64s(P::kAxes);
  if (axes.empty()) return c.bad("names no axes to reduce");
  c.set(c.op(kOp.text, {{"x", c.input()}, {"axes", axes}, {"keep_dims", keep}}));
  return {};
}

template <OpName kOp>
Status lower_arg(LayerContext& c) {
  using P = proto::ArgMaxLayerParams;
  WF_CHECK(c.expect(1, 1));
  c.set(c.to_float(c.op(kOp.text, {{"x", c.input()},
                                   {"axis", c.params().i64(P::kAxis)},
                                   {"keep_dims", !c.params().flag(P::kRemoveDim)}})));
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kReduce, "reduce", lower_reduce},
    {L::kReduceL1, "reduceL1", lower_reduce_nd<"reduce_l1_norm">},
    {L::kReduceL2, "reduceL2", lower_reduce_nd<"reduce_l2_norm">},
    {L::kReduceMax, "reduceMax", lower_reduce_nd<"reduce_max">},
    {L::kReduceMin, "reduceMin", lower_reduce_nd<"reduce_min">},
    {L::kReduceSum, "reduceSum", lower_reduce_nd<"reduce_sum">},
    {L::kReduceProd, "reduceProd", lower_reduce_nd<"reduce_prod">},
    {L::kReduceMean, "reduceMean", lower_reduce_nd<"reduce_mean">},
    {L::kReduceLogSum, "reduceLogSum", lower_reduce_nd<"reduce_log_sum">},
    {L::kReduceSumSquare, "reduceSumSquare", lower_reduce_nd<"reduce_sum_square">},
    {L::kReduceLogSumExp, "reduceLogSumExp", lower_reduce_nd<"reduce_log_sum_exp">},
    {L::kArgMin, "argMin", lower_arg<"reduce_argmin">},
    {L::kArgMax, "argMax", lower_arg<"reduce_argmax">},
};

}  // namespace

WF_LAYER_FILE(reduce, kDefs);
}  // namespace wf
