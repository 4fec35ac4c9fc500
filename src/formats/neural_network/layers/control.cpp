// Copies, branches and loops.
#include <algorithm>

#include "formats/neural_network/control_flow.h"
#include "formats/neural_network/layer_context.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using L = proto::NeuralNetworkLayer;

// How often a loop's types may be widened: each time at least one size became unknown, so it settles soon or
// never.
constexpr int kMostWidenings = 4;

// A bool or int32 scalar as a constant of the program.
ValueId scalar(Builder& builder, const BuilderArgument& value, std::string_view name) {
  return builder.constant(*std::get<Datum>(value.values[0]).tensor(), name);
}

// The type of whole_value(blob).
ValueType whole_type(const Builder& builder, const Blob& blob) {
  const TensorType* held = builder.type(blob.value).tensor();
  if (!held || !held->shape) return builder.type(blob.value);
  Shape sizes = *held->shape;
  sizes.insert(sizes.begin(), static_cast<size_t>(sizes.empty() ? 1 : blob.hidden), 1);
  return tensor_type(held->dtype, sizes);
}

Status lower_copy(LayerContext& c) {
  WF_CHECK(c.expect(1, 1));
  c.set_blob(c.input_blob(0), 0);
  return {};
}

Status lower_branch(LayerContext& c) {
  using P = proto::BranchLayerParams;
  if (c.input_count() != 1) return c.bad(fmt::format("{} inputs, expected 1", c.input_count()));
  const std::vector<Message> then_layers = nested_layers(c.params().message(P::kIfBranch));
  const std::vector<Message> else_layers = nested_layers(c.params().message(P::kElseBranch));
  return lower_condition(c.network(), truth_of(c.builder(), c.held()), then_layers, else_layers, c.depth(),
                         c.name());
}

Status leave(LayerContext& c, bool finish) {
  std::optional<LoopExit>& exit = c.network().loop_exit();
  if (!exit) return c.bad("stands outside of a loop");
  exit->skipping = scalar(c.builder(), true, "skipping");
  if (finish) exit->finished = exit->skipping;
  return {};
}

Status lower_break(LayerContext& c) { return leave(c, true); }
Status lower_continue(LayerContext& c) { return leave(c, false); }

struct Loop {
  std::vector<Message> condition, body;
  std::string condition_name;          // "" without a condition
  std::vector<std::string> mentioned;  // names that body and condition read or write
  std::vector<std::string> variables;  // blobs the loop carries from one iteration to the next
  bool leaves = false;
};

// The body, then the condition for the next iteration. Gives "go on" as a bool scalar; the blobs are what
// they are then.
Result<ValueId> lower_iteration(Network& network, const Loop& loop, int depth) {
  Builder& builder = network.builder();
  const std::optional<LoopExit> outer = network.loop_exit();
  network.loop_exit().reset();
  if (loop.leaves) {
    const ValueId not_yet = scalar(builder, false, "not_left");
    network.loop_exit() = LoopExit{not_yet, not_yet};
  }
  WF_CHECK(network.lower_layers(loop.body, depth + 1));
  const std::optional<LoopExit> inner = network.loop_exit();
  network.loop_exit() = outer;
  ValueId go_on;
  if (loop.condition_name.empty()) {
    go_on = scalar(builder, true, "go_on");
  } else {
    WF_CHECK(network.lower_layers(loop.condition, depth + 1));
    const auto blob = network.blobs().find(loop.condition_name);
    if (blob == network.blobs().end())
      return LayerContext::bad(fmt::format("no layer computes the condition '{}'", loop.condition_name));
    go_on = truth_of(builder, blob->second.value);
  }
  if (inner)
    go_on =
        builder.op("logical_and", {{"x", go_on}, {"y", builder.op("logical_not", {{"x", inner->finished}})}});
  WF_CHECK(builder.status());
  return go_on;
}

// What the loop's variables are after one iteration that starts with these types, found on a copy that is
// thrown away.
Result<std::vector<ValueType>> types_after(LayerContext& c, const Loop& loop,
                                           const std::vector<ValueType>& types) {
  Function scratch;
  scratch.opset = Opset::kIos17;
  std::vector<std::string> notes;
  Network trial(scratch, c.network().rank5_arrays(), c.network().rank5_images(), c.network().owner(), notes);
  for (const std::string& name : loop.mentioned) {
    const auto blob = c.network().blobs().find(name);
    if (blob == c.network().blobs().end()) continue;
    trial.blobs()[name] = {trial.builder().input(name, c.builder().type(blob->second.value)),
                           blob->second.hidden};
  }
  for (size_t i = 0; i < types.size(); ++i) {
    if (types[i].known())
      trial.blobs()[loop.variables[i]] = {trial.builder().input(loop.variables[i], types[i]), 0};
  }
  WF_TRY(const ValueId go_on, lower_iteration(trial, loop, c.depth()));
  (void)go_on;
  std::vector<ValueType> after;
  for (const std::string& name : loop.variables) {
    const auto blob = trial.blobs().find(name);
    after.push_back(blob == trial.blobs().end() ? ValueType() : whole_type(trial.builder(), blob->second));
  }
  WF_CHECK(trial.builder().status());
  return after;
}

// A blob that the body is the first to write starts as zeros; if its shape is flexible, it is of no use after
// the loop or in the next iteration and is not carried.
bool is_carried(LayerContext& c, const std::string& name, const ValueType& type) {
  return c.network().blobs().contains(name) || (type.tensor() && type.tensor()->is_static());
}

ValueId initial_value(LayerContext& c, const std::string& name, const ValueType& type) {
  const auto blob = c.network().blobs().find(name);
  if (blob != c.network().blobs().end()) return whole_value(c.builder(), blob->second);
  return c.op("fill", {{"shape", *type.tensor()->shape}, {"value", 0.0}});
}

Result<std::vector<ValueType>> settled_types(LayerContext& c, const Loop& loop) {
  std::vector<ValueType> types;
  for (const std::string& name : loop.variables) {
    const auto blob = c.network().blobs().find(name);
    types.push_back(blob == c.network().blobs().end() ? ValueType() : whole_type(c.builder(), blob->second));
  }
  for (int round = 0; round < kMostWidenings; ++round) {
    WF_TRY(const std::vector<ValueType> after, types_after(c, loop, types));
    std::vector<ValueType> merged = types;
    for (size_t i = 0; i < types.size(); ++i)
      merged[i] = types[i].known() ? common_type(types[i], after[i]) : after[i];
    if (merged == types) return types;
    types = std::move(merged);
  }
  return c.unsupported("the shapes of the loop's blobs do not settle");
}

// How many iterations at most: an int32 scalar, or nothing for a loop that only its condition ends.
std::optional<ValueId> iteration_limit(LayerContext& c) {
  if (c.input_count() == 1) return c.op("reshape", {{"x", c.ints(0)}, {"shape", std::vector<int64_t>{}}});
  const uint64_t most = c.params().u64(proto::LoopLayerParams::kMaxLoopIterations);
  if (most == 0) return std::nullopt;
  return scalar(c.builder(), static_cast<int64_t>(std::min<uint64_t>(most, INT32_MAX)), "limit");
}

Status lower_loop(LayerContext& c) {
  using P = proto::LoopLayerParams;
  if (c.input_count() > 1) return c.bad(fmt::format("{} inputs, expected at most 1", c.input_count()));
  if (c.depth() >= kDeepestNesting)
    return c.unsupported(fmt::format("branches and loops are nested deeper than {}", kDeepestNesting));
  Loop loop;
  loop.condition_name = c.params().text(P::kConditionVar);
  loop.condition = nested_layers(c.params().message(P::kConditionNetwork));
  loop.body = nested_layers(c.params().message(P::kBodyNetwork));
  loop.leaves = may_leave_loop(loop.body, c.depth());
  if (loop.condition.empty()) loop.condition_name.clear();
  const std::optional<ValueId> limit = iteration_limit(c);
  if (!limit && loop.condition_name.empty() && !loop.leaves) return c.bad("nothing ends the loop");

  // The condition is computed once before the loop and then at the end of every iteration.
  Builder& b = c.builder();
  ValueId go_on = scalar(b, true, "go_on");
  if (!loop.condition_name.empty()) {
    WF_CHECK(c.network().lower_layers(loop.condition, c.depth() + 1));
    const auto blob = c.network().blobs().find(loop.condition_name);
    if (blob == c.network().blobs().end())
      return c.bad(fmt::format("no layer computes the condition '{}'", loop.condition_name));
    go_on = truth_of(b, blob->second.value);
  }
  std::vector<Message> all = loop.body;
  all.insert(all.end(), loop.condition.begin(), loop.condition.end());
  loop.mentioned = mentioned_names(all);
  loop.variables = written_names(all);
  const std::vector<std::string> written = loop.variables;
  WF_TRY(std::vector<ValueType> types, settled_types(c, loop));

  for (size_t i = types.size(); i-- > 0;) {
    if (is_carried(c, loop.variables[i], types[i])) continue;
    loop.variables.erase(loop.variables.begin() + static_cast<std::ptrdiff_t>(i));
    types.erase(types.begin() + static_cast<std::ptrdiff_t>(i));
  }
  std::vector<ValueId> initial;
  for (size_t i = 0; i < types.size(); ++i) initial.push_back(initial_value(c, loop.variables[i], types[i]));
  const ValueId zero = scalar(b, 0, "iteration");
  initial.push_back(zero);
  initial.push_back(go_on);
  types.push_back(b.type(zero));
  types.push_back(b.type(go_on));

  const auto block_inputs = [&] {
    std::vector<ValueId> values;
    for (size_t i = 0; i < types.size(); ++i) {
      values.push_back(b.block_input(i < loop.variables.size() ? loop.variables[i] : "loop_state", types[i]));
    }
    return values;
  };
  std::vector<ValueId> inputs = block_inputs();
  b.open_block(inputs);
  ValueId answer = inputs.back();
  if (limit)
    answer = b.op("logical_and",
                  {{"x", answer}, {"y", b.op("less", {{"x", inputs[inputs.size() - 2]}, {"y", *limit}})}});
  std::vector<Block> blocks;
  blocks.push_back(b.close_block({answer}));

  inputs = block_inputs();
  b.open_block(inputs);
  std::optional<ScopedBlobs> scope(std::in_place, c.network().blobs(), written);
  for (size_t i = 0; i < loop.variables.size(); ++i) c.network().blobs()[loop.variables[i]] = {inputs[i], 0};
  WF_TRY(const ValueId again, lower_iteration(c.network(), loop, c.depth()));
  std::vector<ValueId> next;
  for (const std::string& name : loop.variables) next.push_back(whole_value(b, c.network().blobs()[name]));
  next.push_back(b.op("add", {{"x", inputs[inputs.size() - 2]}, {"y", 1}}));
  next.push_back(again);
  blocks.push_back(b.close_block(next));
  scope.reset();

  const std::vector<ValueId> results =
      b.op_with_blocks("while_loop", {{"loop_vars", initial}}, std::move(blocks), types, c.name());
  WF_CHECK(b.status());
  for (size_t i = 0; i < loop.variables.size(); ++i) c.network().blobs()[loop.variables[i]] = {results[i], 0};
  return {};
}

constexpr LayerDef kDefs[] = {
    {L::kCopy, "copy", lower_copy},
    {L::kBranch, "branch", lower_branch},
    {L::kLoop, "loop", lower_loop},
    {L::kLoopBreak, "loopBreak", lower_break},
    {L::kLoopContinue, "loopContinue", lower_continue},
};

}  // namespace

WF_LAYER_FILE(control, kDefs);
}  // namespace wf
