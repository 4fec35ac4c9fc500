// Layers that join, repeat, pad or reverse.
#include <algorithm>
#include <numeric>

#include "formats/neural_network/layer_context.h"
#include "formats/neural_network/padding.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

bool hide_alike(const LayerContext& c) {
  for (size_t i = 1; i < c.input_count(); ++i) {
    if (c.input_blob(i).hidden != c.input_blob(0).hidden) return false;
  }
  return true;
}

std::vector<ValueId> values(LayerContext& c, bool held) {
  std::vector<ValueId> all;
  for (size_t i = 0; i < c.input_count(); ++i) all.push_back(held ? c.held(i) : c.input(i));
  return all;
}

Status lower_concat(LayerContext& c) {  // channels, or the sequence
  WF_CHECK(c.expect(1, SIZE_MAX));
  const bool sequence = c.params().flag(proto::ConcatLayerParams::kSequenceConcat);
  const bool held = !sequence && hide_alike(c);
  const ValueId y = c.op("concat", {{"values", values(c, held)}, {"axis", sequence ? -5 : -3}});
  c.set_blob({y, held ? c.input_blob(0).hidden : 0}, 0);
  return {};
}

Status lower_concat_nd(LayerContext& c) {
  using P = proto::ConcatNDLayerParams;
  WF_CHECK(c.expect(1, SIZE_MAX));
  c.set(c.op("concat", {{"values", values(c, false)},
                        {"axis", c.params().i64(P::kAxis)},
                        {"interleave", c.params().flag(P::kInterleave)}}));
  return {};
}

Status lower_stack(LayerContext& c) {
  WF_CHECK(c.expect(1, SIZE_MAX));
  c.set(c.op("stack",
             {{"values", values(c, false)}, {"axis", c.params().i64(proto::StackLayerParams::kAxis)}}));
  return {};
}

// numpy.tile: the shorter of shape and repetitions gets leading ones.
Status lower_tile(LayerContext& c) {
  using P = proto::TileLayerParams;
  WF_CHECK(c.expect(1, 2));
  const auto rank = static_cast<size_t>(c.rank());
  ValueId reps;
  size_t count = 0;
  if (c.input_count() == 2) {
    reps = c.vector_of_ints(1);
    if (c.dim(reps, 0) == kUnknownSize) return c.unsupported("flexibly many repetitions");
    count = static_cast<size_t>(c.dim(reps, 0));
  } else {
    std::vector<int64_t> given;
    for (const uint64_t each : c.params().u64s(P::kReps)) given.push_back(c.size(each, "reps"));
    count = given.size();
    reps = c.vector_constant(given);
  }
  ValueId x = c.input();
  if (count < rank) {
    const ValueId ones = c.vector_constant(std::vector<int64_t>(rank - count, 1));
    reps = c.op("concat", {{"values", std::vector<ValueId>{ones, reps}}, {"axis", 0}});
  }
  if (count > rank) {
    std::vector<int64_t> added(count - rank);
    std::iota(added.begin(), added.end(), 0);
    x = c.expand(x, added);
  }
  c.set(c.op("tile", {{"x", x}, {"reps", reps}}));
  return {};
}

Status lower_sequence_repeat(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  std::vector<int64_t> reps(static_cast<size_t>(std::max<int64_t>(c.rank(), 1)), 1);
  reps[0] = c.size(c.params().u64(proto::SequenceRepeatLayerParams::kNRepetitions), "nRepetitions");
  c.set(c.op("tile", {{"x", c.input()}, {"reps", reps}}));
  return {};
}

Status lower_padding(LayerContext& c) {  // of height and width
  using P = proto::PaddingLayerParams;
  WF_CHECK(c.expect(1, 1));
  const std::vector<int64_t> pad = border_amounts(c, c.params().message(P::kPaddingAmounts), 2);
  Builder::ArgumentList arguments = {{"x", c.held()}, {"pad", pad}};
  if (c.params().has(P::kReflection)) {
    arguments.emplace_back("mode", "reflect");
  } else if (c.params().has(P::kReplication)) {
    arguments.emplace_back("mode", "replicate");
  } else {
    arguments.emplace_back("mode", "constant");
    arguments.emplace_back(
        "constant_val",
        static_cast<double>(c.params().message(P::kConstant).f32(proto::PaddingConstant::kValue)));
  }
  c.set_held(c.op("pad", arguments));
  return {};
}

// The amounts are pairs (before, after) of every dimension, or the sizes to reach by padding before or after.
Status lower_constant_pad(LayerContext& c) {
  using P = proto::ConstantPaddingLayerParams;
  WF_CHECK(c.expect(1, 2));
  const ValueId x = c.input();
  const Shape sizes = c.shape(x);
  const bool to_size = c.params().flag(P::kPadToGivenOutputSizeMode);
  if (to_size && std::ranges::count(sizes, kUnknownSize) > 0)
    return c.unsupported("pads flexible sizes to fixed ones");
  if (c.input_count() == 2) {
    ValueId pad = c.vector_of_ints(1);
    if (to_size) {
      std::vector<int64_t> twice;
      for (const int64_t size : sizes) twice.insert(twice.end(), 2, size);
      const ValueId missing = c.op("sub", {{"x", pad}, {"y", twice}});
      const std::vector<int64_t> none(twice.size(), 0);
      pad = c.op("select", {{"cond", c.op("greater", {{"x", pad}, {"y", 0}})}, {"a", missing}, {"b", none}});
    }
    c.set(c.op("pad", {{"x", x}, {"pad", pad}, {"mode", "constant"}, {"constant_val", c.number(P::kValue)}}));
    return {};
  }
  const std::vector<uint64_t> amounts = c.params().u64s(P::kPadAmounts);
  if (amounts.size() != 2 * sizes.size()) {
    return c.bad(fmt::format("{} pad amounts for an input of rank {}", amounts.size(), sizes.size()));
  }
  std::vector<int64_t> pad;
  for (size_t i = 0; i < amounts.size(); ++i) {
    const int64_t amount = amounts[i] == 0 ? 0 : c.size(amounts[i], "pad amount");
    pad.push_back(to_size && amount > 0 ? amount - sizes[i / 2] : amount);
    if (pad.back() < 0) return c.bad(fmt::format("pads size {} to {}", sizes[i / 2], amount));
  }
  c.set(c.op("pad", {{"x", x}, {"pad", pad}, {"mode", "constant"}, {"constant_val", c.number(P::kValue)}}));
  return {};
}

Status lower_reverse(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  const std::vector<uint64_t> reversed = c.params().u64s(proto::ReverseLayerParams::kReverseDim);
  std::vector<int64_t> axes;
  for (size_t i = 0; i < reversed.size(); ++i) {
    if (reversed[i] != 0) axes.push_back(static_cast<int64_t>(i));
  }
  c.set(axes.empty() ? c.input() : c.op("reverse", {{"x", c.input()}, {"axes", axes}}));
  return {};
}

Status lower_reverse_sequence(LayerContext& c) {
  using P = proto::ReverseSeqLayerParams;
  WF_CHECK(c.expect(2, 2));
  c.set(c.op("reverse_sequence", {{"x", c.input()},
                                  {"lengths", c.vector_of_ints(1)},
                                  {"seq_axis", c.params().i64(P::kSequenceAxis)},
                                  {"batch_axis", c.params().i64(P::kBatchAxis)}}));
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kConcat, "concat", lower_concat},
    {L::kConcatND, "concatND", lower_concat_nd},
    {L::kStack, "stack", lower_stack},
    {L::kTile, "tile", lower_tile},
    {L::kSequenceRepeat, "sequenceRepeat", lower_sequence_repeat},
    {L::kPadding, "padding", lower_padding},
    {L::kConstantPad, "constantPad", lower_constant_pad},
    {L::kReverse, "reverse", lower_reverse},
    {L::kReverseSeq, "reverseSeq", lower_reverse_sequence},
};

}  // namespace

WF_LAYER_FILE(join, kDefs);
}  // namespace wf
