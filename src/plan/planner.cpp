#include "plan/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "kernels/copy/convert.h"
#include "kernels/copy/copy.h"
#include "ops/evaluate.h"
#include "plan/elementwise.h"
#include "plan/memory.h"
#include "program/walk.h"

namespace wf {
namespace {

int64_t bytes_of(DType dtype, int64_t elements) { return elements * bit_width(dtype) / 8; }

int64_t element_total(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t n : shape) count *= n;
  return count;
}

}  // namespace

Result<std::unique_ptr<Plan>> make_plan(const Function& declared, StaticFunction function,
                                        const PlanOptions& options) {
  return Planner(declared, std::move(function), options).make();
}

Planner::Planner(const Function& declared, StaticFunction function, const PlanOptions& options)
    : declared_(declared),
      function_(std::make_shared<StaticFunction>(std::move(function))),
      options_(options),
      plan_(std::make_unique<Plan>()) {
  plan_->isa_ = options.isa;
  plan_->threads_ = options.threads;
  if (!options_.weights) options_.weights = std::make_shared<PackedWeights>();
}

Result<std::unique_ptr<Plan>> Planner::make() {
  views_.resize(function_->function.values.size());
  remove_dead_operations();
  count_uses();
  find_attention();
  find_groups();
  WF_CHECK(bind_inputs());
  const std::vector<Op>& ops = function_->function.body.ops;
  for (size_t i = 0; i < ops.size(); ++i) {
    const int group = group_of_[i];
    if (const int attention = attention_of_[i]; attention >= 0) {
      const AttentionMatch& match = attentions_[static_cast<size_t>(attention)];
      if (match.members.back() == i) WF_CHECK(lower_attention(match));
    } else if (group < 0) {
      WF_CHECK(lower(i));
      release_operands(ops[i]);
    } else if (groups_[static_cast<size_t>(group)].members.back() == i) {
      WF_CHECK(lower_group(groups_[static_cast<size_t>(group)]));
    }
  }
  WF_CHECK(bind_outputs());
  place_buffers();
  if (plan_->arena_bytes_ > TensorMemory::limit()) {
    return Error(ErrorCode::kEnvironment,
                 fmt::format("intermediate values need {} bytes, {} are allowed", plan_->arena_bytes_,
                             TensorMemory::limit()),
                 {}, "smaller inputs need less; WINDFALL_MEMORY_LIMIT sets the limit");
  }
  return std::move(plan_);
}

void Planner::remove_dead_operations() {
  std::vector<bool> read(function_->function.values.size(), false);
  for (const ValueId id : function_->function.body.outputs) read[id.index] = true;
  std::vector<Op>& ops = function_->function.body.ops;
  std::vector<Op> kept;
  for (size_t i = ops.size(); i-- > 0;) {
    if (!std::ranges::any_of(ops[i].outputs, [&](ValueId id) { return read[id.index]; })) continue;
    for_each_read(ops[i], [&](ValueId id) { read[id.index] = true; });
    kept.push_back(std::move(ops[i]));
  }
  std::ranges::reverse(kept);
  ops = std::move(kept);
}

void Planner::count_uses() {
  uses_.assign(function_->function.values.size(), 0);
  for (const Op& op : function_->function.body.ops) {
    for_each_read(op, [&](ValueId id) { ++uses_[id.index]; });
  }
  for (const ValueId id : function_->function.body.outputs) ++uses_[id.index];
}

// --- attention

void Planner::find_attention() {
  const std::vector<Op>& ops = function_->function.body.ops;
  attention_of_.assign(ops.size(), -1);
  producer_.assign(function_->function.values.size(), -1);
  for (size_t i = 0; i < ops.size(); ++i) {
    for (const ValueId id : ops[i].outputs) producer_[id.index] = static_cast<int>(i);
  }
  for (size_t i = 0; i < ops.size(); ++i) {
    auto match = match_attention(*function_, i, uses_, producer_);
    if (!match) continue;
    for (const size_t member : match->members) attention_of_[member] = static_cast<int>(attentions_.size());
    attentions_.push_back(*std::move(match));
  }
}

Status Planner::lower_attention(const AttentionMatch& match) {
  const std::vector<Op>& ops = function_->function.body.ops;
  const ValueId result = ops[match.members.back()].outputs[0];
  label_ = fmt::format("attention '{}'", function_->function.value(result).name);
  const Shape& shape = function_->shape(result);
  const Order as_written = row_major_order(shape.size());
  AttentionViews views;
  WF_TRY(views.query, view_of(match.query));
  WF_TRY(views.key, view_of(match.key));
  WF_TRY(views.value, view_of(match.value));
  const size_t last = shape.size() - 1;
  for (View* view : {&views.query, &views.value}) {
    if (view->strides[last] == 1) continue;
    WF_TRY(*view, arrange(*view, as_written));
  }
  View mask;
  if (match.mask) {
    WF_TRY(mask, view_of(*match.mask));
    views.mask = &mask;
  }
  views.key_is_transposed = match.key_is_transposed;
  views.scale = match.scale;
  const Order wanted = order_wanted(result);
  views.out = allocate(DType::kFloat32, shape, wanted.back() == static_cast<int>(last) ? wanted : as_written);
  const bool emitted = emit_attention(
      views, options_.isa, [&](int64_t floats) { return allocate(DType::kFloat32, {floats}, {0}); },
      [&](Step step) { emit(std::move(step)); });
  if (!emitted) return Error(ErrorCode::kInternal, "attention of no keys", label_);
  set_view(result, std::move(views.out));
  for (const size_t member : match.members) release_operands(ops[member]);
  return {};
}

// --- groups of elementwise operations

bool Planner::is_elementwise(const Op& op) const {
  const auto call = function_->call(op);
  return call && op.outputs.size() == 1 && !elementwise_operands(*call).empty();
}

void Planner::find_groups() {
  const std::vector<Op>& ops = function_->function.body.ops;
  group_of_.assign(ops.size(), -1);
  elementwise_.assign(ops.size(), false);
  for (size_t i = 0; i < ops.size(); ++i) elementwise_[i] = attention_of_[i] < 0 && is_elementwise(ops[i]);
  for (size_t i = ops.size(); i-- > 0;) {
    if (!elementwise_[i] || group_of_[i] >= 0) continue;
    Group group;
    group.members.push_back(i);
    const int index = static_cast<int>(groups_.size());
    group_of_[i] = index;
    grow(group, index);
    std::ranges::sort(group.members);
    groups_.push_back(std::move(group));
  }
}

void Planner::grow(Group& group, int index) {
  constexpr size_t kMostMembers = 12;  // of at most three instructions each: they fit the registers
  const std::vector<Op>& ops = function_->function.body.ops;
  const Shape& shape = function_->shape(ops[group.members[0]].outputs[0]);
  // May `op` join? All that read its result have to be members, and the result has to be of the group's
  // shape.
  const auto can_join = [&](ValueId value, int op) {
    if (op < 0 || group_of_[static_cast<size_t>(op)] >= 0 || attention_of_[static_cast<size_t>(op)] >= 0)
      return false;
    if (ops[static_cast<size_t>(op)].outputs[0] != value || function_->shape(value) != shape) return false;
    int reads = 0;
    for (const size_t member : group.members) {
      for_each_read(ops[member], [&](ValueId id) { reads += id == value; });
    }
    return reads == uses_[value.index];
  };
  const auto join_one = [&] {
    for (const size_t member : group.members) {
      int found = -1;
      for_each_read(ops[member], [&](ValueId value) {
        const int op = producer_[value.index];
        if (found < 0 && op >= 0 && elementwise_[static_cast<size_t>(op)] && can_join(value, op)) found = op;
      });
      if (found >= 0) {
        group_of_[static_cast<size_t>(found)] = index;
        group.members.push_back(static_cast<size_t>(found));
        return true;
      }
    }
    return false;
  };
  while (group.members.size() < kMostMembers && join_one()) {
  }
  // The product whose output the group changes: the last one, since the others have been computed by then.
  for (const size_t member : group.members) {
    for_each_read(ops[member], [&](ValueId value) {
      const int op = producer_[value.index];
      if (op <= group.anchor || !can_join(value, op) || elementwise_[static_cast<size_t>(op)]) return;
      const LowerRule* rule = find_lower_rule(ops[static_cast<size_t>(op)].type);
      if (rule && rule->takes_epilogue) group.anchor = op;
    });
  }
  if (group.anchor >= 0) group_of_[static_cast<size_t>(group.anchor)] = index;
}

Result<ElementwiseProgram> Planner::program_of(const Group& group, std::vector<ValueId>& operands) const {
  const std::vector<Op>& ops = function_->function.body.ops;
  struct Member {
    Call call;
    std::vector<ValueId> values;
  };
  std::map<uint32_t, uint8_t> registers;  // by value
  std::vector<ValueId> computed;
  for (const size_t member : group.members) computed.push_back(ops[member].outputs[0]);
  // Operands first: the anchor's output is register 0.
  ElementwiseProgram program;
  if (group.anchor >= 0) operands.push_back(ops[static_cast<size_t>(group.anchor)].outputs[0]);
  std::vector<Member> members;
  for (const size_t index : group.members) {
    const Op& op = ops[index];
    WF_TRY(Call call, function_->call(op));
    Member member{std::move(call), {}};
    for (const std::string_view name : elementwise_operands(member.call)) {
      const Argument* argument = op.find_input(name);
      const auto* id = argument ? std::get_if<ValueId>(&argument->bindings[0]) : nullptr;
      if (!id)
        return Error(ErrorCode::kInternal, "an operand of an elementwise operation is a literal", op.label());
      member.values.push_back(*id);
      if (std::ranges::find(computed, *id) == computed.end() &&
          std::ranges::find(operands, *id) == operands.end()) {
        operands.push_back(*id);
      }
    }
    members.push_back(std::move(member));
  }
  for (const ValueId id : operands) registers[id.index] = static_cast<uint8_t>(program.registers++);
  program.operands = program.registers;
  ElementwiseWriter writer(program);
  for (size_t i = 0; i < members.size(); ++i) {
    std::vector<uint8_t> given;
    for (const ValueId id : members[i].values) given.push_back(registers[id.index]);
    registers[computed[i].index] = write_elementwise(members[i].call, given, writer);
  }
  if (program.registers > kMostElementwiseRegisters) {
    return Error(ErrorCode::kInternal, "too many elementwise operations in one step");
  }
  return program;
}

// --- lowering

Status Planner::lower(size_t index) {
  const Op& op = function_->function.body.ops[index];
  label_ = op.label();
  bool took = false;
  WF_TRY(const bool done, lower_with_rule(index, nullptr, op.outputs[0], &took));
  if (done) return {};
  WF_TRY(const Call call, function_->call(op));
  return lower_with_reference(op, call);
}

Result<bool> Planner::lower_with_rule(size_t index, const Epilogue* epilogue, ValueId result, bool* took) {
  const Op& op = function_->function.body.ops[index];
  const LowerRule* rule = find_lower_rule(op.type);
  if (!rule) return false;
  WF_TRY(const Call call, function_->call(op));
  Lowering lowering(*this, call);
  lowering.epilogue_ = epilogue;
  lowering.epilogue_result_ = result;
  WF_TRY(const bool done, rule->lower(lowering));
  *took = done && lowering.took_epilogue_;
  return done;
}

Status Planner::lower_group(const Group& group) {
  const std::vector<Op>& ops = function_->function.body.ops;
  const ValueId result = ops[group.members.back()].outputs[0];
  std::vector<ValueId> operands;
  WF_TRY(const ElementwiseProgram program, program_of(group, operands));
  std::string names;
  for (const size_t member : group.members) names += (names.empty() ? "" : " + ") + ops[member].type;

  bool took = false;
  if (group.anchor >= 0) {
    const auto anchor = static_cast<size_t>(group.anchor);
    Epilogue epilogue{program, {}};
    for (size_t i = 1; i < operands.size(); ++i) {
      WF_TRY(View view, view_of(operands[i]));
      epilogue.operands.push_back(std::move(view));
    }
    label_ = ops[anchor].label() + " + " + names;
    WF_TRY(const bool done, lower_with_rule(anchor, &epilogue, result, &took));
    if (!done) WF_CHECK(lower(anchor));
    release_operands(ops[anchor]);
  }
  if (!took) {
    label_ = fmt::format("{} '{}'", names, function_->function.value(result).name);
    for (const size_t member : group.members) release_operands(ops[member]);
    std::vector<View> views;
    for (const ValueId id : operands) {
      WF_TRY(View view, view_of(id));
      views.push_back(std::move(view));
    }
    return emit_elementwise(program, operands, std::move(views), result);
  }
  for (const size_t member : group.members) release_operands(ops[member]);
  return {};
}

void Planner::release_operands(const Op& op) {
  for_each_read(op, [&](ValueId id) {
    if (--uses_[id.index] == 0 && views_[id.index].valid())
      --readers_[static_cast<size_t>(views_[id.index].buffer)];
  });
}

void Planner::set_view(ValueId id, View view) {
  if (uses_[id.index] > 0) ++readers_[static_cast<size_t>(view.buffer)];
  views_[id.index] = std::move(view);
}

Status Planner::emit_elementwise(const ElementwiseProgram& program, const std::vector<ValueId>& ids,
                                 std::vector<View> operands, ValueId result) {
  const TensorType& type = *function_->type(result).tensor();
  const Shape& shape = *type.shape;
  // The output lies as its first operand of the same shape does that is computed.
  Order order = row_major_order(shape.size());
  int model = -1;
  for (size_t i = 0; i < operands.size(); ++i) {
    const bool is_computed = !function_->is_known(ids[i]);
    if (operands[i].shape != shape || !is_computed || model >= 0) continue;
    model = static_cast<int>(i);
    order = order_of(operands[i]);
  }
  View out{-1, 0, shape, strides_in_order(shape, order), type.dtype};
  // In the place of an operand that nobody reads any more, if no other operand lies in the same memory in
  // another way: it would be overwritten before it is read.
  for (size_t i = 0; i < operands.size() && !out.valid(); ++i) {
    const View& operand = operands[i];
    const auto buffer = static_cast<size_t>(operand.buffer);
    const bool is_shared = std::ranges::any_of(operands, [&](const View& other) {
      return other.buffer == operand.buffer &&
             (other.offset != operand.offset || other.shape != operand.shape ||
              other.strides != operand.strides || other.dtype != operand.dtype);
    });
    if (uses_[ids[i].index] == 0 && readers_[buffer] == 0 && !is_shared && operand.shape == shape &&
        operand.dtype == type.dtype && plan_->buffers_[buffer].kind == PlanBuffer::Kind::kArena &&
        lies_in_order(operand, order)) {
      out.buffer = operand.buffer;
      out.offset = operand.offset;
    }
  }
  if (!out.valid()) out = allocate(type.dtype, shape, order);
  // Along the innermost loop an operand is one element repeated, or consecutive ones.
  std::vector<Shape> strides{out.strides};
  for (View& operand : operands) {
    Shape broadcast = broadcast_strides(operand.shape, operand.strides, shape);
    const auto fits = [&] {
      const Loops loops = merged_loops(shape, order, {out.strides, broadcast});
      return loops.strides[1].back() == 0 || loops.strides[1].back() == 1;
    };
    if (!fits()) {
      Order own;  // the same order, as far as the operand has those dimensions
      const int lead = static_cast<int>(shape.size() - operand.shape.size());
      for (const int dim : order) {
        if (dim >= lead) own.push_back(dim - lead);
      }
      WF_TRY(operand, arrange(operand, own));
      broadcast = broadcast_strides(operand.shape, operand.strides, shape);
    }
    strides.push_back(std::move(broadcast));
  }
  Step step;
  step.kernel = fmt::format("elementwise, {} instructions", program.code.size());
  step.inputs = operands;
  step.outputs = {out};
  step.scratch_bytes = elementwise_scratch_floats(program) * static_cast<int64_t>(sizeof(float));
  step.code = elementwise_step(program, merged_loops(shape, order, strides), operands, type.dtype,
                               options_.isa, step.scratch_bytes);
  emit(std::move(step));
  set_view(result, std::move(out));
  return {};
}

Status Planner::lower_with_reference(const Op& op, const Call& call) {
  Step step;
  step.kernel = "reference";
  // Known operands in their declared type, since reference implementations move bytes.
  std::vector<ValueId> given;
  for_each_read(op, [&](ValueId id) {
    if (std::ranges::find(given, id) == given.end()) given.push_back(id);
  });
  std::vector<ValueId> computed;
  for (const ValueId id : given) {
    if (function_->is_known(id)) {
      Datum& datum = function_->known[id.index];
      const Tensor* tensor = datum.tensor();
      if (tensor && is_floating(tensor->dtype())) {
        WF_TRY(datum, converted(*tensor, DType::kFloat32));
      }
      continue;
    }
    WF_TRY(const View view, view_of(id));
    WF_TRY(View dense, arrange(view, row_major_order(view.shape.size())));
    step.inputs.push_back(std::move(dense));
    computed.push_back(id);
  }
  WF_TRY(std::vector<ValueType> types, infer_types(call));
  std::vector<View> outputs;
  for (size_t i = 0; i < types.size(); ++i) {
    types[i] = function_->type(op.outputs[i]);
    const TensorType& type = *types[i].tensor();
    outputs.push_back(allocate(type.dtype, *type.shape, row_major_order(type.shape->size())));
  }
  step.outputs = outputs;
  step.code = [function = function_, &op, computed, types](const StepIo& io) -> Status {
    std::vector<Datum> values(computed.size());
    for (size_t i = 0; i < computed.size(); ++i) {
      const TensorType& type = *function->type(computed[i]).tensor();
      WF_TRY(const int64_t count, element_count(*type.shape));
      const Bytes bytes(io.at<const std::byte>(i), static_cast<size_t>(bytes_of(type.dtype, count)));
      WF_TRY(values[i], Tensor::view(type.dtype, *type.shape, bytes, nullptr));
    }
    const auto value = [&](ValueId id) -> const Datum* {
      const auto at = std::ranges::find(computed, id);
      if (at != computed.end()) return &values[static_cast<size_t>(at - computed.begin())];
      return &function->known[id.index];
    };
    WF_TRY(Call with_values,
           make_call(op, function->function.opset, [&](ValueId id) { return &function->type(id); }, value));
    const EngineServices services;
    WF_TRY(const std::vector<Datum> results, evaluate_call(std::move(with_values), types, services));
    for (size_t i = 0; i < results.size(); ++i) {
      const Bytes bytes = results[i].tensor()->bytes();
      if (!bytes.empty()) std::memcpy(io.at<std::byte>(computed.size() + i), bytes.data(), bytes.size());
    }
    return {};
  };
  emit(std::move(step));
  for (size_t i = 0; i < outputs.size(); ++i) set_view(op.outputs[i], std::move(outputs[i]));
  return {};
}

Order Planner::order_wanted(ValueId id) const {
  const Order as_written = row_major_order(function_->shape(id).size());
  const Op* reader = nullptr;
  for (const Op& op : function_->function.body.ops) {
    for_each_read(op, [&](ValueId read) {
      if (read == id) reader = &op;
    });
    if (reader) break;
  }
  if (!reader || reader->type != "transpose" || uses_[id.index] != 1) return as_written;
  const auto call = function_->call(*reader);
  const auto perm = call ? call->ints("perm") : std::nullopt;
  if (!perm) return as_written;
  const auto axes = normalized_axes(*call, *perm, static_cast<int64_t>(as_written.size()));
  return axes ? Order(axes->begin(), axes->end()) : as_written;
}

// --- memory

Result<View> Planner::view_of(ValueId id) {
  if (!views_[id.index].valid()) {
    if (!function_->is_known(id)) {
      return Error(ErrorCode::kBadModel,
                   fmt::format("'{}' is read before it is computed", function_->function.value(id).name));
    }
    WF_TRY(View view, is_shared_constant(id) ? shared_constant_view(id)
                                             : constant_view(*function_->known[id.index].tensor()));
    set_view(id, std::move(view));
  }
  return views_[id.index];
}

// Large floats that are no fp32 yet, the same whatever the shapes of the inputs are.
bool Planner::is_shared_constant(ValueId id) const {
  constexpr int64_t kLarge = 4096;  // elements
  const Tensor& tensor = *function_->known[id.index].tensor();
  return function_->fixed[id.index] && id.index < declared_.values.size() && is_floating(tensor.dtype()) &&
         tensor.dtype() != DType::kFloat32 && tensor.size() >= kLarge;
}

Result<View> Planner::shared_constant_view(ValueId id) {
  const Tensor& tensor = *function_->known[id.index].tensor();
  PlanBuffer buffer;
  buffer.kind = PlanBuffer::Kind::kConstant;
  buffer.bytes = tensor.size() * static_cast<int64_t>(sizeof(float));
  WF_TRY(buffer.rearranged,
         options_.weights->floats(id.index, tensor.size(), [&]() -> Result<std::shared_ptr<AlignedBuffer>> {
           WF_TRY(Tensor wide, converted(tensor, DType::kFloat32));
           const auto owner = std::make_shared<const Tensor>(std::move(wide));
           return std::make_shared<AlignedBuffer>(
               AlignedBuffer::borrowed(owner->bytes().data(), owner->byte_size(), owner));
         }));
  return add_buffer(std::move(buffer), DType::kFloat32, tensor.shape(),
                    row_major_order(tensor.shape().size()));
}

Result<View> Planner::constant_view(const Tensor& tensor) {
  PlanBuffer buffer;
  buffer.kind = PlanBuffer::Kind::kConstant;
  buffer.constant = tensor;
  if (is_floating(tensor.dtype())) {
    WF_TRY(buffer.constant, converted(tensor, DType::kFloat32));
  }
  const auto address = reinterpret_cast<uintptr_t>(buffer.constant.bytes().data());
  if (address % sizeof(uint64_t) != 0) {  // a view into a file may lie anywhere
    buffer.rearranged = std::make_shared<AlignedBuffer>(buffer.constant.byte_size());
    if (!buffer.rearranged->valid()) return Error(ErrorCode::kEnvironment, "no memory for a constant");
    std::memcpy(buffer.rearranged->data(), buffer.constant.bytes().data(),
                static_cast<size_t>(buffer.constant.byte_size()));
  }
  buffer.bytes = buffer.constant.byte_size();
  return add_buffer(std::move(buffer), buffer.constant.dtype(), tensor.shape(),
                    row_major_order(tensor.shape().size()));
}

View Planner::add_buffer(PlanBuffer buffer, DType dtype, const Shape& shape, const Order& order) {
  View view;
  view.buffer = static_cast<int>(plan_->buffers_.size());
  view.shape = shape;
  view.strides = strides_in_order(shape, order);
  view.dtype = dtype;
  plan_->buffers_.push_back(std::move(buffer));
  readers_.push_back(0);
  return view;
}

View Planner::allocate(DType dtype, const Shape& shape, const Order& order) {
  PlanBuffer buffer;
  buffer.bytes = bytes_of(dtype, element_total(shape));
  return add_buffer(std::move(buffer), dtype, shape, order);
}

Result<View> Planner::arrange(const View& view, const Order& order) {
  if (lies_in_order(view, order)) return view;
  const PlanBuffer& source = plan_->buffers_[static_cast<size_t>(view.buffer)];
  const int64_t element_bytes = bit_width(view.dtype) / 8;
  View target{-1, 0, view.shape, strides_in_order(view.shape, order), view.dtype};
  const Loops merged = merged_loops(view.shape, order, {view.strides, target.strides});
  const CopyLoops loops{merged.sizes, merged.strides[0], merged.strides[1]};
  if (source.kind == PlanBuffer::Kind::kConstant) {  // once, now
    PlanBuffer buffer;
    buffer.kind = PlanBuffer::Kind::kConstant;
    buffer.bytes = view.size() * element_bytes;
    buffer.rearranged = std::make_shared<AlignedBuffer>(buffer.bytes);
    if (!buffer.rearranged->valid()) return Error(ErrorCode::kEnvironment, "no memory for a constant");
    const std::byte* from = source.rearranged ? source.rearranged->data() : source.constant.bytes().data();
    ThreadPool alone(1);
    copy_elements(loops, element_bytes, from + view.offset * element_bytes, buffer.rearranged->data(), alone);
    return add_buffer(std::move(buffer), view.dtype, view.shape, order);
  }
  target = allocate(view.dtype, view.shape, order);
  emit_copy(view, target, "copy into another order");
  return target;
}

Status Planner::bind_inputs() {
  for (size_t i = 0; i < declared_.inputs.size(); ++i) {
    const ValueId id = function_->function.inputs[i];
    if (!function_->type(id).tensor() || uses_[id.index] == 0) continue;  // the rest reads it, if anybody
    const TensorType& type = *function_->type(id).tensor();
    const DType given = declared_.value(declared_.inputs[i]).type.tensor()->dtype;
    PlanBuffer buffer;
    buffer.kind = PlanBuffer::Kind::kInput;
    buffer.input = i;
    View view = add_buffer(std::move(buffer), given, *type.shape, row_major_order(type.shape->size()));
    if (given != type.dtype) {
      if (given != DType::kFloat16) {
        return Error(ErrorCode::kUnsupported,
                     fmt::format("inputs of type {} are not planned", name_of(given)));
      }
      View wide = allocate(type.dtype, *type.shape, row_major_order(type.shape->size()));
      Step step;
      label_ = fmt::format("input '{}'", function_->function.value(id).name);
      step.kernel = "fp16 to fp32";
      step.inputs = {view};
      step.outputs = {wide};
      step.code = [isa = options_.isa, count = view.size()](const StepIo& io) -> Status {
        halves_to_floats(isa, io.at<const std::byte>(0), io.at<float>(1), count);
        return {};
      };
      emit(std::move(step));
      view = std::move(wide);
    }
    set_view(id, std::move(view));
  }
  return {};
}

Status Planner::bind_outputs() {
  for (size_t i = 0; i < function_->function.body.outputs.size(); ++i) {
    const ValueId id = function_->function.body.outputs[i];
    label_ = fmt::format("output '{}'", function_->function.value(id).name);
    WF_TRY(const View view, view_of(id));
    Plan::Output output;
    WF_TRY(output.view, arrange(view, row_major_order(view.shape.size())));
    const TensorType* declared = declared_.value(id).type.tensor();
    output.dtype = declared && is_floating(declared->dtype) ? declared->dtype : view.dtype;
    if (is_floating(output.dtype) && output.dtype != DType::kFloat16 && output.dtype != DType::kFloat32) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("outputs of type {} are not planned", name_of(output.dtype)));
    }
    output.shape = view.shape;
    plan_->outputs_.push_back(std::move(output));
  }
  return {};
}

void Planner::emit_copy(const View& from, const View& to, std::string kernel) {
  if (from.size() == 0) return;
  const Loops merged = merged_loops(to.shape, order_of(to), {from.strides, to.strides});
  const CopyLoops loops{merged.sizes, merged.strides[0], merged.strides[1]};
  Step step;
  step.kernel = std::move(kernel);
  step.inputs = {from};
  step.outputs = {to};
  step.code = [loops, bytes = bit_width(from.dtype) / 8](const StepIo& io) -> Status {
    copy_elements(loops, bytes, io.at<const std::byte>(0), io.at<std::byte>(1), *io.pool);
    return {};
  };
  emit(std::move(step));
}

void Planner::emit(Step step) {
  if (step.label.empty()) step.label = label_;
  plan_->steps_.push_back(std::move(step));
}

void Planner::place_buffers() {
  const auto never = static_cast<int64_t>(plan_->steps_.size());
  std::vector<Lifetime> lifetimes(plan_->buffers_.size(), {0, never, -1, 0});
  size_t views = 0;
  for (size_t i = 0; i < plan_->steps_.size(); ++i) {
    const Step& step = plan_->steps_[i];
    const auto now = static_cast<int64_t>(i);
    plan_->first_view_.push_back(views);
    views += step.inputs.size() + step.outputs.size();
    plan_->scratch_bytes_ = std::max(plan_->scratch_bytes_, aligned_size(step.scratch_bytes));
    for (const auto* list : {&step.inputs, &step.outputs}) {
      for (const View& view : *list) {
        Lifetime& life = lifetimes[static_cast<size_t>(view.buffer)];
        life.first = std::min(life.first, now);
        life.last = std::max(life.last, now);
      }
    }
  }
  for (const Plan::Output& output : plan_->outputs_)
    lifetimes[static_cast<size_t>(output.view.buffer)].last = never;
  for (size_t i = 0; i < lifetimes.size(); ++i) {
    const PlanBuffer& buffer = plan_->buffers_[i];
    lifetimes[i].bytes = buffer.kind == PlanBuffer::Kind::kArena && lifetimes[i].last >= 0 ? buffer.bytes : 0;
  }
  plan_->arena_bytes_ = place(lifetimes);
  for (size_t i = 0; i < lifetimes.size(); ++i) plan_->buffers_[i].offset = lifetimes[i].offset;
}

}  // namespace wf
