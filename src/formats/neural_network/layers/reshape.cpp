// Layers that only change the shape or the order of dimensions.
#include <algorithm>
#include <array>

#include "formats/neural_network/layer_context.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

constexpr uint64_t kChannelLast = 1;  // of FlattenOrder and ReshapeOrder

// [C, H, W] or [Seq, C, H, W]. Channel-last order is that of [H, W, C], in which both shapes are read.
Status lower_reshape(LayerContext& c) {
  using P = proto::ReshapeLayerParams;
  WF_CHECK(c.expect(1, 1));
  Shape target = c.params().i64s(P::kTargetShape);
  if (target.size() != 3 && target.size() != 4)
    return c.bad(fmt::format("a target of rank {}, expected 3 or 4", target.size()));
  const bool channel_last = c.params().u64(P::kMode) == kChannelLast;
  ValueId x = c.nchw();
  if (channel_last) x = c.transpose(x, {0, 2, 3, 1});
  const int64_t sequence = target.size() == 4 ? target[0] : kUnknownSize;
  const int64_t channels = target[target.size() - 3], height = target[target.size() - 2],
                width = target[target.size() - 1];
  // Sequence and batch are one dimension here; batch is 1 wherever a layer of the first format changes the
  // sequence.
  x = channel_last ? c.reshape(x, {sequence, height, width, channels})
                   : c.reshape(x, {sequence, channels, height, width});
  if (channel_last) x = c.transpose(x, {0, 3, 1, 2});
  if (target.size() == 3) {
    c.set_nchw(x);
  } else if (c.rank() == 5 && sequence == 1) {
    c.set_blob({x, 1}, 0);
  } else if (c.rank() == 5) {
    c.set(c.expand(x, {1}));
  } else {
    c.set(x);
  }
  return {};
}

Status lower_flatten(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  ValueId x = c.nchw();
  const auto count = element_count(std::vector<int64_t>{c.dim(x, 1), c.dim(x, 2), c.dim(x, 3)});
  const int64_t elements = count ? *count : kUnknownSize;
  const int64_t batch = c.dim(x, 0);
  if (elements == kUnknownSize && batch == kUnknownSize)
    return c.unsupported("flattens an input whose batch and sizes are both flexible");
  if (c.params().u64(proto::FlattenLayerParams::kMode) == kChannelLast) x = c.transpose(x, {0, 2, 3, 1});
  c.set_nchw(c.reshape(x, {batch, elements, 1, 1}));
  return {};
}

// A permutation of [Seq, C, H, W]; Batch stays where it is.
Status lower_permute(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  const std::vector<uint64_t> axes = c.params().u64s(proto::PermuteLayerParams::kAxis);
  std::vector<uint64_t> sorted = axes;
  std::ranges::sort(sorted);
  if (sorted != std::vector<uint64_t>{0, 1, 2, 3}) return c.bad("axes must be a permutation of 0, 1, 2, 3");
  const std::vector<int64_t> perm(axes.begin(), axes.end());
  if (perm[0] == 0) {
    c.set_nchw(c.transpose(c.nchw(), perm));
    return {};
  }
  if (c.rank() == 4) {
    c.set(c.transpose(c.input(), perm));
    return {};
  }
  if (c.rank() != 5)
    return c.bad(fmt::format("moves the sequence dimension of an input of rank {}", c.rank()));
  constexpr std::array<int64_t, 4> kPlace = {0, 2, 3, 4};  // of Seq, C, H, W among five
  const auto place = [&](size_t i) { return kPlace[static_cast<size_t>(perm[i])]; };
  const ValueId y = c.transpose(c.input(), {place(0), 1, place(1), place(2), place(3)});
  if (c.dim(y, 0) == 1) {
    c.set_blob({c.squeeze(y, {0}), 1}, 0);
  } else {
    c.set(y);
  }
  return {};
}

// Fewer axes than dimensions order the last ones: coremltools puts (1, 2, 0) behind an image, which has
// rank 4.
Status lower_transpose(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  const std::vector<uint64_t> axes = c.params().u64s(proto::TransposeLayerParams::kAxes);
  const int64_t leading = std::max<int64_t>(c.rank() - static_cast<int64_t>(axes.size()), 0);
  std::vector<int64_t> perm;
  for (int64_t axis = 0; axis < leading; ++axis) perm.push_back(axis);
  for (const uint64_t axis : axes) {
    if (axis >= axes.size()) return c.bad(fmt::format("names axis {} among {}", axis, axes.size()));
    perm.push_back(leading + static_cast<int64_t>(axis));
  }
  c.set(c.transpose(c.input(), perm));
  return {};
}

Status lower_squeeze(LayerContext& c) {
  using P = proto::SqueezeLayerParams;
  WF_CHECK(c.expect(1, 1));
  const ValueId x = c.input();
  c.set(c.params().flag(P::kSqueezeAll) ? c.op("squeeze", {{"x", x}})
                                        : c.squeeze(x, c.params().i64s(P::kAxes)));
  return {};
}

Status lower_expand_dims(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  const std::vector<int64_t> axes = c.params().i64s(proto::ExpandDimsLayerParams::kAxes);
  c.set(c.expand(c.is_scalar() ? c.held() : c.input(), axes));
  return {};
}

Status lower_flatten_to_2d(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  c.set(
      c.op("flatten2d", {{"x", c.input()}, {"axis", c.params().i64(proto::FlattenTo2DLayerParams::kAxis)}}));
  return {};
}

Status lower_reshape_static(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  c.set(c.reshape(c.input(), c.params().i64s(proto::ReshapeStaticLayerParams::kTargetShape)));
  return {};
}

// The target has the input's rank: 0 keeps a size, -1 is inferred.
Status lower_rank_preserving_reshape(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  const Shape target = c.params().i64s(proto::RankPreservingReshapeLayerParams::kTargetShape);
  if (static_cast<int64_t>(target.size()) != c.rank()) {
    return c.bad(fmt::format("a target of rank {} for an input of rank {}", target.size(), c.rank()));
  }
  c.set(c.reshape(c.input(), target));
  return {};
}

Status lower_reshape_like(LayerContext& c) {
  WF_CHECK(c.expect(2, 2));
  c.set(c.op("reshape", {{"x", c.input(0)}, {"shape", c.shape_of(c.input(1))}}));
  return {};
}

Status lower_reshape_dynamic(LayerContext& c) {
  WF_CHECK(c.expect(2, 2));
  c.set(c.op("reshape", {{"x", c.input(0)}, {"shape", c.vector_of_ints(1)}}));
  return {};
}

Status lower_reorganize_data(LayerContext& c) {
  using P = proto::ReorganizeDataLayerParams;
  using M = P::ReorganizationType;
  WF_CHECK(c.expect(1, 1));
  const int64_t block = c.size(c.params().u64(P::kBlockSize), "blockSize");
  const ValueId x = c.nchw();
  switch (static_cast<M>(c.params().u64(P::kMode))) {
    case M::kSpaceToDepth:
      c.set_nchw(c.op("space_to_depth", {{"x", x}, {"block_size", block}}));
      return {};
    case M::kDepthToSpace:
      c.set_nchw(c.op("depth_to_space", {{"x", x}, {"block_size", block}}));
      return {};
    case M::kPixelShuffle:
      c.set_nchw(c.op("pixel_shuffle", {{"x", x}, {"upscale_factor", block}}));
      return {};
  }
  return c.bad(fmt::format("mode {} is not known", c.params().u64(P::kMode)));
}

constexpr LayerDef kDefs[] = {
    {L::kReshape, "reshape", lower_reshape},
    {L::kFlatten, "flatten", lower_flatten},
    {L::kPermute, "permute", lower_permute},
    {L::kTranspose, "transpose", lower_transpose},
    {L::kSqueeze, "squeeze", lower_squeeze},
    {L::kExpandDims, "expandDims", lower_expand_dims},
    {L::kFlattenTo2D, "flattenTo2D", lower_flatten_to_2d},
    {L::kReshapeStatic, "reshapeStatic", lower_reshape_static},
    {L::kRankPreservingReshape, "rankPreservingReshape", lower_rank_preserving_reshape},
    {L::kReshapeLike, "reshapeLike", lower_reshape_like},
    {L::kReshapeDynamic, "reshapeDynamic", lower_reshape_dynamic},
    {L::kReorganizeData, "reorganizeData", lower_reorganize_data},
};

}  // namespace

WF_LAYER_FILE(reshape, kDefs);
}  // namespace wf
