#include "formats/neural_network/control_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

// Collects names in the order of their first appearance.
class Names {
 public:
  void add(std::vector<std::string> names) {
    for (std::string& name : names) {
      if (seen_.insert(name).second) ordered_.push_back(std::move(name));
    }
  }
  void add_fields(std::span<const Message> layers, std::initializer_list<uint32_t> fields) {
    for (const Message& layer : layers) {
      for (const uint32_t field : fields) add(layer.texts(field));
      for (const Message& network : nested_networks(layer)) add_fields(nested_layers(network), fields);
    }
  }
  std::vector<std::string> take() { return std::move(ordered_); }

 private:
  std::unordered_set<std::string> seen_;
  std::vector<std::string> ordered_;
};

// One side of a condition: its block, still without outputs, and what it makes of the names.
struct Side {
  Block block;
  std::vector<ValueId> values;  // of `names`; invalid where the side has no such blob
  std::optional<LoopExit> exit;
};

Result<Side> lower_side(Network& network, std::span<const Message> layers,
                        const std::vector<std::string>& names, int depth) {
  const ScopedBlobs scope(network.blobs(), names);
  const std::optional<LoopExit> exit_before = network.loop_exit();
  Side side;
  network.builder().open_block();
  if (auto status = network.lower_layers(layers, depth + 1); !status) return std::move(status).error();
  for (const std::string& name : names) {
    const auto blob = network.blobs().find(name);
    side.values.push_back(blob == network.blobs().end() ? ValueId()
                                                        : whole_value(network.builder(), blob->second));
  }
  side.exit = network.loop_exit();
  side.block = network.builder().close_block({});
  network.loop_exit() = exit_before;
  WF_CHECK(network.builder().status());
  return side;
}

// The same; what a side that failed had built is gone.
Result<Side> try_side(Network& network, std::span<const Message> layers,
                      const std::vector<std::string>& names, int depth) {
  const Builder::Mark mark = network.builder().mark();
  const std::optional<LoopExit> exit = network.loop_exit();
  auto side = lower_side(network, layers, names, depth);
  if (!side) {
    network.builder().rewind_out_of_block(mark);
    network.loop_exit() = exit;
  }
  return side;
}

// In place of a side whose layers do not fit their inputs: it fails if it is taken. Its values have the other
// side's types.
Side unfit_side(Network& network, const Error& error, const Side& other) {
  Builder& builder = network.builder();
  const std::string reason = error.to_string();
  network.note(fmt::format("a branch fails if it is taken: {}", reason));
  std::vector<ValueType> types;
  for (const ValueId value : other.values) {
    if (value.valid()) types.push_back(builder.type(value));
  }
  if (other.exit) types.insert(types.end(), 2, tensor_type(DType::kBool, {}));
  builder.open_block();
  const std::vector<ValueId> made =
      builder.op_with_attributes("unfit_branch", {{"reason", std::string_view(reason)}}, {}, types);
  Side side;
  auto next = made.begin();
  for (const ValueId value : other.values) side.values.push_back(value.valid() ? *next++ : ValueId());
  if (other.exit) side.exit = LoopExit{next[0], next[1]};
  side.block = builder.close_block({});
  return side;
}

struct Sides {
  Side on_true, on_false;
};

// Converters write branches that cannot fit and are never taken, and Core ML looks at shapes only while it
// runs: of the two sides one has to fit. What Windfall does not know (kUnsupported) is told at once.
Result<Sides> lower_sides(Network& network, std::span<const Message> then_layers,
                          std::span<const Message> else_layers, const std::vector<std::string>& names,
                          int depth) {
  auto on_true = try_side(network, then_layers, names, depth);
  if (!on_true && on_true.error().code != ErrorCode::kBadModel) return std::move(on_true).error();
  auto on_false = try_side(network, else_layers, names, depth);
  if (!on_false && (!on_true || on_false.error().code != ErrorCode::kBadModel))
    return std::move(on_true ? on_false : on_true).error();
  if (!on_true) on_true = unfit_side(network, on_true.error(), *on_false);
  if (!on_false) on_false = unfit_side(network, on_false.error(), *on_true);
  return Sides{*std::move(on_true), *std::move(on_false)};
}

}  // namespace

std::vector<Message> nested_networks(const Message& layer) {
  const Message branch = layer.message(L::kBranch), loop = layer.message(L::kLoop);
  switch (layer_field(layer)) {
    case L::kBranch:
      return {branch.message(proto::BranchLayerParams::kIfBranch),
              branch.message(proto::BranchLayerParams::kElseBranch)};
    case L::kLoop:
      return {loop.message(proto::LoopLayerParams::kConditionNetwork),
              loop.message(proto::LoopLayerParams::kBodyNetwork)};
    default:
      return {};
  }
}

std::vector<Message> nested_layers(const Message& network) {
  return network.messages(proto::NeuralNetwork::kLayers);
}

ScopedBlobs::ScopedBlobs(Blobs& blobs, const std::vector<std::string>& names) : blobs_(blobs) {
  for (const std::string& name : names) {
    const auto blob = blobs.find(name);
    before_.emplace_back(name, blob == blobs.end() ? std::nullopt : std::optional(blob->second));
  }
}

ScopedBlobs::~ScopedBlobs() {
  for (const auto& [name, blob] : before_) {
    if (blob) {
      blobs_[name] = *blob;
    } else {
      blobs_.erase(name);
    }
  }
}

bool may_leave_loop(const Message& layer, int depth) {
  const uint32_t field = layer_field(layer);
  if (field == L::kLoopBreak || field == L::kLoopContinue) return true;
  if (field != L::kBranch || depth >= kDeepestNesting) return false;  // an inner loop's exits are its own
  for (const Message& network : nested_networks(layer)) {
    if (may_leave_loop(nested_layers(network), depth + 1)) return true;
  }
  return false;
}

bool may_leave_loop(std::span<const Message> layers, int depth) {
  return std::ranges::any_of(layers, [&](const Message& layer) { return may_leave_loop(layer, depth); });
}

std::vector<std::string> written_names(std::span<const Message> layers) {
  Names names;
  names.add_fields(layers, {L::kOutput});
  return names.take();
}

std::vector<std::string> mentioned_names(std::span<const Message> layers) {
  Names names;
  names.add_fields(layers, {L::kInput, L::kOutput});
  return names.take();
}

ValueId whole_value(Builder& builder, const Blob& blob) {
  if (blob.hidden == 0 && !builder.shape(blob.value).empty()) return blob.value;
  const std::vector<int64_t> front = {0};
  return builder.op("expand_dims", {{"x", blob.value}, {"axes", front}});
}

ValueType common_type(const ValueType& a, const ValueType& b) {
  const TensorType* x = a.tensor();
  const TensorType* y = b.tensor();
  if (!x || !y || x->dtype != y->dtype) return {};
  if (!x->shape || !y->shape || x->shape->size() != y->shape->size())
    return tensor_type_of_unknown_rank(x->dtype);
  Shape sizes = *x->shape;
  for (size_t d = 0; d < sizes.size(); ++d) {
    if (sizes[d] != (*y->shape)[d]) sizes[d] = kUnknownSize;
  }
  return tensor_type(x->dtype, sizes);
}

ValueId truth_of(Builder& builder, ValueId value) {
  const ValueId magnitude = builder.op("abs", {{"x", value}});
  const ValueId flag = builder.op("greater", {{"x", magnitude}, {"y", 1e-6}});
  const auto count = element_count(builder.shape(flag));
  if (count && *count == 1) return builder.op("reshape", {{"x", flag}, {"shape", std::vector<int64_t>{}}});
  const std::vector<int64_t> all = {kUnknownSize}, first = {0}, second = {1};
  const ValueId flags = builder.op("reshape", {{"x", flag}, {"shape", all}});
  return builder.op(
      "slice_by_index",
      {{"x", flags}, {"begin", first}, {"end", second}, {"squeeze_mask", std::vector<bool>{true}}});
}

Status lower_condition(Network& network, ValueId condition, std::span<const Message> then_layers,
                       std::span<const Message> else_layers, int depth, std::string_view name) {
  if (depth >= kDeepestNesting) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("branches and loops are nested deeper than {}", kDeepestNesting));
  }
  Builder& builder = network.builder();
  Names written;
  written.add_fields(then_layers, {L::kOutput});
  written.add_fields(else_layers, {L::kOutput});
  const std::vector<std::string> names = written.take();
  WF_TRY(Sides sides, lower_sides(network, then_layers, else_layers, names, depth));
  auto& [on_true, on_false] = sides;

  std::vector<std::string> results;
  std::vector<ValueType> types;
  const auto join = [&](ValueId a, ValueId b) {
    on_true.block.outputs.push_back(a);
    on_false.block.outputs.push_back(b);
    types.push_back(common_type(builder.type(a), builder.type(b)));
  };
  for (size_t i = 0; i < names.size(); ++i) {
    network.blobs().erase(names[i]);
    if (!on_true.values[i].valid() || !on_false.values[i].valid()) continue;
    results.push_back(names[i]);
    join(on_true.values[i], on_false.values[i]);
  }
  const bool leaves =
      network.loop_exit() && (may_leave_loop(then_layers, depth) || may_leave_loop(else_layers, depth));
  if (leaves) {
    join(on_true.exit->finished, on_false.exit->finished);
    join(on_true.exit->skipping, on_false.exit->skipping);
  }
  std::vector<Block> blocks;
  blocks.push_back(std::move(on_true.block));
  blocks.push_back(std::move(on_false.block));
  const std::vector<ValueId> values =
      builder.op_with_blocks("cond", {{"pred", condition}}, std::move(blocks), types, name);
  WF_CHECK(builder.status());
  for (size_t i = 0; i < results.size(); ++i) network.blobs()[results[i]] = {values[i], 0};
  if (leaves) network.loop_exit() = LoopExit{values[results.size()], values[results.size() + 1]};
  return {};
}

Status lower_unless_skipping(Network& network, std::span<const Message> layers, int depth) {
  const ValueId going_on = network.builder().op("logical_not", {{"x", network.loop_exit()->skipping}});
  return lower_condition(network, going_on, layers, {}, depth, "unless_left");
}

}  // namespace wf
