// Layers that gather and scatter by index. Indices are floats that count from the end where they are
// negative; the operations take them modulo the size, which also keeps every index inside.
#include "formats/neural_network/layer_context.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

ValueId wrapped(LayerContext& c, ValueId indices, ValueId data, int64_t axis) {
  const int64_t size = c.dim(data, axis);
  if (size > 0) return c.op("mod", {{"x", c.to_int(indices)}, {"y", size}});
  const int64_t rank = c.builder().rank(data);
  const ValueId sizes = c.shape_of(data);
  const ValueId actual =
      c.op("gather", {{"x", sizes}, {"indices", axis < 0 ? axis + rank : axis}, {"axis", 0}});
  return c.op("mod", {{"x", c.to_int(indices)}, {"y", actual}});
}

// The last dimension of the indices runs over the leading dimensions of the data.
Result<ValueId> wrapped_nd(LayerContext& c, ValueId indices, ValueId data) {
  const int64_t depth = c.dim(indices, -1), rank = c.builder().rank(data);
  if (depth < 1 || depth > rank)
    return c.bad(fmt::format("indices of {} numbers into an input of rank {}", depth, rank));
  const ValueId sizes = c.op(
      "slice_by_size",
      {{"x", c.shape_of(data)}, {"begin", std::vector<int64_t>{0}}, {"size", std::vector<int64_t>{depth}}});
  return c.op("mod", {{"x", c.to_int(indices)}, {"y", sizes}});
}

Result<std::string_view> scatter_mode(LayerContext& c, uint32_t field) {
  constexpr std::string_view kModes[] = {"update", "add", "sub", "mul", "div", "max", "min"};
  const uint64_t mode = c.params().u64(field);
  if (mode < std::size(kModes)) return kModes[mode];
  return c.bad(fmt::format("scatter mode {} is not known", mode));
}

template <OpName kOp>
Status lower_gather(LayerContext& c) {
  WF_CHECK(c.expect(2, 2));
  const int64_t axis = c.params().i64(proto::GatherLayerParams::kAxis);
  const ValueId x = c.input(0);
  c.set(c.op(kOp.text, {{"x", x}, {"indices", wrapped(c, c.input(1), x, axis)}, {"axis", axis}}));
  return {};
}

Status lower_gather_nd(LayerContext& c) {
  WF_CHECK(c.expect(2, 2));
  const ValueId x = c.input(0);
  WF_TRY(const ValueId indices, wrapped_nd(c, c.input(1), x));
  c.set(c.op("gather_nd", {{"x", x}, {"indices", indices}}));
  return {};
}

// Inputs: data, indices, updates.
template <OpName kOp>
Status lower_scatter(LayerContext& c) {
  using P = proto::ScatterLayerParams;
  WF_CHECK(c.expect(3, 3));
  WF_TRY(const std::string_view mode, scatter_mode(c, P::kMode));
  const int64_t axis = c.params().i64(P::kAxis);
  const ValueId data = c.input(0);
  c.set(c.op(kOp.text, {{"data", data},
                        {"indices", wrapped(c, c.input(1), data, axis)},
                        {"updates", c.input(2)},
                        {"axis", axis},
                        {"mode", mode}}));
  return {};
}

Status lower_scatter_nd(LayerContext& c) {
  WF_CHECK(c.expect(3, 3));
  WF_TRY(const std::string_view mode, scatter_mode(c, proto::ScatterNDLayerParams::kMode));
  const ValueId data = c.input(0);
  WF_TRY(const ValueId indices, wrapped_nd(c, c.input(1), data));
  c.set(c.op("scatter_nd", {{"data", data}, {"indices", indices}, {"updates", c.input(2)}, {"mode", mode}}));
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kGather, "gather", lower_gather<"gather">},
    {L::kGatherND, "gatherND", lower_gather_nd},
    {L::kGatherAlongAxis, "gatherAlongAxis", lower_gather<"gather_along_axis">},
    {L::kScatter, "scatter", lower_scatter<"scatter">},
    {L::kScatterND, "scatterND", lower_scatter_nd},
    {L::kScatterAlongAxis, "scatterAlongAxis", lower_scatter<"scatter_along_axis">},
};

}  // namespace

WF_LAYER_FILE(gather, kDefs);
}  // namespace wf
