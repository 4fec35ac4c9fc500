// Layers that take a part of a tensor.
#include <algorithm>

#include "formats/neural_network/layer_context.h"
#include "formats/neural_network/padding.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

// x[..., begin:end:stride] along one axis; kToEnd as the end takes everything.
constexpr int64_t kToEnd = INT64_MAX;

ValueId slice_axis(LayerContext& c, ValueId x, int64_t axis, int64_t begin, int64_t end, int64_t stride) {
  const auto rank = c.builder().rank(x);
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) {
    c.builder().fail(c.bad(fmt::format("slices along axis {} of an input of rank {}", axis, rank)));
    return {};
  }
  const auto size = static_cast<size_t>(rank), at = static_cast<size_t>(axis);
  std::vector<int64_t> begins(size, 0), ends(size, 0), strides(size, 1);
  std::vector<bool> begin_mask(size, true), end_mask(size, true);
  begins[at] = begin;
  ends[at] = end == kToEnd ? 0 : end;
  strides[at] = stride;
  begin_mask[at] = false;
  end_mask[at] = end == kToEnd;
  return c.op("slice_by_index", {{"x", x},
                                 {"begin", begins},
                                 {"end", ends},
                                 {"stride", strides},
                                 {"begin_mask", begin_mask},
                                 {"end_mask", end_mask}});
}

// Python's bounds along channels, height or width.
Status lower_slice(LayerContext& c) {
  using P = proto::SliceLayerParams;
  WF_CHECK(c.expect(1, 1));
  const uint64_t axis = c.params().u64(P::kAxis);
  if (axis > 2) return c.bad(fmt::format("axis {} is not known", axis));
  const int64_t stride = c.size(c.params().u64(P::kStride) == 0 ? 1 : c.params().u64(P::kStride), "stride");
  c.set_held(slice_axis(c, c.held(), static_cast<int64_t>(axis) - 3, c.params().i64(P::kStartIndex),
                        c.params().i64(P::kEndIndex), stride));
  return {};
}

// `count` flags; writers that leave the parameter alone store five, whatever the rank.
std::vector<bool> mask(LayerContext& c, uint32_t field, size_t count) {
  std::vector<bool> flags;
  for (const uint64_t flag : c.params().u64s(field)) flags.push_back(flag != 0);
  flags.resize(count, false);
  return flags;
}

Status lower_slice_static(LayerContext& c) {
  using P = proto::SliceStaticLayerParams;
  WF_CHECK(c.expect(1, 1));
  const std::vector<int64_t> begin = c.params().i64s(P::kBeginIds);
  const size_t count = begin.size();
  c.set(c.op("slice_by_index", {{"x", c.input()},
                                {"begin", begin},
                                {"end", c.params().i64s(P::kEndIds)},
                                {"stride", c.params().i64s(P::kStrides)},
                                {"begin_mask", mask(c, P::kBeginMasks, count)},
                                {"end_mask", mask(c, P::kEndMasks, count)},
                                {"squeeze_mask", mask(c, P::kSqueezeMasks, count)}}));
  return {};
}

// Inputs after the data: begin, end, strides, begin masks, end masks, squeeze masks, as many as there are;
// the rest come from the parameters. coremltools writes five strides whatever the rank is.
Status lower_slice_dynamic(LayerContext& c) {
  using P = proto::SliceDynamicLayerParams;
  WF_CHECK(c.expect(2, 7));
  const auto count = static_cast<size_t>(c.rank());
  Builder::ArgumentList arguments = {{"x", c.input()}, {"begin", c.vector_of_ints(1)}};
  const auto bounds = [&](size_t i, std::string_view parameter, uint32_t field) {
    if (c.input_count() > i) {
      arguments.emplace_back(parameter, c.vector_of_ints(i));
    } else {
      std::vector<int64_t> values = c.params().i64s(field);
      if (values.size() > count) values.resize(count);  // as for masks
      arguments.emplace_back(parameter, values);
    }
  };
  const auto masks = [&](size_t i, std::string_view parameter, uint32_t field) {
    if (c.input_count() > i) {
      arguments.emplace_back(parameter, c.op("not_equal", {{"x", c.input(i)}, {"y", 0.0}}));
    } else {
      arguments.emplace_back(parameter, mask(c, field, count));
    }
  };
  bounds(2, "end", P::kEndIds);
  bounds(3, "stride", P::kStrides);
  masks(4, "begin_mask", P::kBeginMasks);
  masks(5, "end_mask", P::kEndMasks);
  masks(6, "squeeze_mask", P::kSqueezeMasks);
  c.set(c.op("slice_by_index", arguments));
  return {};
}

// x[begin : begin + size] along one axis, the beginning given by the second input.
Status lower_slice_by_size(LayerContext& c) {
  using P = proto::SliceBySizeLayerParams;
  WF_CHECK(c.expect(2, 2));
  const int64_t rank = c.rank();
  const int64_t axis =
      c.params().i64(P::kAxis) < 0 ? c.params().i64(P::kAxis) + rank : c.params().i64(P::kAxis);
  if (axis < 0 || axis >= rank) return c.bad(fmt::format("axis {} of an input of rank {}", axis, rank));
  std::vector<int64_t> unit(static_cast<size_t>(rank), 0), size(static_cast<size_t>(rank), -1);
  unit[static_cast<size_t>(axis)] = 1;
  size[static_cast<size_t>(axis)] = c.params().i64(P::kSize);
  const ValueId first = c.op("reshape", {{"x", c.ints(1)}, {"shape", std::vector<int64_t>{1}}});
  const ValueId begin = c.op("mul", {{"x", first}, {"y", unit}});
  c.set(c.op("slice_by_size", {{"x", c.input()}, {"begin", begin}, {"size", size}}));
  return {};
}

// One input: cut the borders off. Two inputs: cut the first to the height and width of the second, from an
// offset on.
Status lower_crop(LayerContext& c) {
  using P = proto::CropLayerParams;
  WF_CHECK(c.expect(1, 2));
  if (c.input_count() == 1) {
    const std::vector<int64_t> amounts = border_amounts(c, c.params().message(P::kCropAmounts), 2);
    const std::vector<int64_t> height(amounts.begin(), amounts.begin() + 2),
        width(amounts.begin() + 2, amounts.end());
    c.set_nchw(c.op("crop", {{"x", c.nchw()}, {"crop_height", height}, {"crop_width", width}}));
    return {};
  }
  std::vector<int64_t> offset;
  for (const uint64_t amount : c.params().u64s(P::kOffset))
    offset.push_back(amount == 0 ? 0 : c.size(amount, "offset"));
  offset.resize(2, 0);
  const int64_t height = c.dim(c.held(1), -2), width = c.dim(c.held(1), -1);
  if (height == kUnknownSize || width == kUnknownSize)
    return c.unsupported("crops to a size that is flexible");
  const ValueId rows = slice_axis(c, c.held(), -2, offset[0], offset[0] + height, 1);
  c.set_held(slice_axis(c, rows, -1, offset[1], offset[1] + width, 1));
  return {};
}

void set_parts(LayerContext& c, const std::vector<ValueId>& parts, int64_t hidden) {
  for (size_t i = 0; i < parts.size(); ++i) c.set_blob({parts[i], hidden}, i);
}

Status lower_split(LayerContext& c) {
  WF_CHECK(c.expect(1, 1, c.output_count()));
  const int64_t parts = c.size(c.params().u64(proto::SplitLayerParams::kNOutputs), "nOutputs");
  if (static_cast<size_t>(parts) != c.output_count())
    return c.bad(fmt::format("{} parts for {} outputs", parts, c.output_count()));
  set_parts(c, c.op_n("split", {{"x", c.held()}, {"num_splits", parts}, {"axis", -3}}, c.output_count()),
            c.input_blob(0).hidden);
  return {};
}

// Parts as equal as they can be, the larger ones first.
std::vector<int64_t> near_equal_parts(int64_t size, int64_t parts) {
  std::vector<int64_t> sizes;
  for (int64_t i = 0; i < parts; ++i) sizes.push_back(size / parts + (i < size % parts ? 1 : 0));
  return sizes;
}

Status lower_split_nd(LayerContext& c) {
  using P = proto::SplitNDLayerParams;
  WF_CHECK(c.expect(1, 1, c.output_count()));
  const ValueId x = c.input();
  const int64_t axis = c.params().i64(P::kAxis);
  const auto outputs = static_cast<int64_t>(c.output_count());
  Builder::ArgumentList arguments = {{"x", x}, {"axis", axis}};
  if (c.params().has(P::kSplitSizes)) {
    arguments.emplace_back("split_sizes", c.sizes(P::kSplitSizes, c.output_count(), 1, "splitSizes"));
  } else if (c.params().u64(P::kNumSplits) != c.output_count()) {
    return c.bad(fmt::format("{} parts for {} outputs", c.params().u64(P::kNumSplits), outputs));
  } else if (const int64_t size = c.dim(x, axis); size > 0 && size % outputs != 0) {
    arguments.emplace_back("split_sizes", near_equal_parts(size, outputs));
  } else {
    arguments.emplace_back("num_splits", outputs);
  }
  set_parts(c, c.op_n("split", arguments, c.output_count()), 0);
  return {};
}

Status lower_sliding_windows(LayerContext& c) {
  using P = proto::SlidingWindowsLayerParams;
  WF_CHECK(c.expect(1, 1));
  c.set(c.op("sliding_windows", {{"x", c.input()},
                                 {"axis", c.params().i64(P::kAxis)},
                                 {"size", c.size(c.params().u64(P::kWindowSize), "windowSize")},
                                 {"stride", c.size(c.params().u64(P::kStep, 1), "step")}}));
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kSlice, "slice", lower_slice},
    {L::kSliceStatic, "sliceStatic", lower_slice_static},
    {L::kSliceDynamic, "sliceDynamic", lower_slice_dynamic},
    {L::kSliceBySize, "sliceBySize", lower_slice_by_size},
    {L::kCrop, "crop", lower_crop},
    {L::kSplit, "split", lower_split},
    {L::kSplitND, "splitND", lower_split_nd},
    {L::kSlidingWindows, "slidingWindows", lower_sliding_windows},
};

}  // namespace

WF_LAYER_FILE(slice, kDefs);
}  // namespace wf
