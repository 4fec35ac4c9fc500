#include "plan/lowering.h"

#include <algorithm>
#include <map>

#include "base/page_out.h"
#include "kernels/copy/convert.h"
#include "plan/planner.h"

namespace wf {

const LowerFile* const* lower_file_table();

const LowerRule* find_lower_rule(std::string_view op) {
  static const auto rules = [] {
    std::map<std::string_view, const LowerRule*> by_name;
    for (const LowerFile* const* file = lower_file_table(); *file; ++file) {
      for (const LowerRule& rule : (*file)->rules) by_name.emplace(rule.op, &rule);
    }
    return by_name;
  }();
  const auto found = rules.find(op);
  return found == rules.end() ? nullptr : found->second;
}

Isa Lowering::isa() const { return planner_.options_.isa; }
int Lowering::threads() const { return planner_.options_.threads; }
Precision Lowering::precision() const { return planner_.options_.precision; }

Result<View> Lowering::input(std::string_view name, size_t i) {
  const Argument* argument = call_.op().find_input(name);
  const Binding& binding = argument->bindings[i];
  if (const auto* id = std::get_if<ValueId>(&binding)) return planner_.view_of(*id);
  return planner_.constant_view(*std::get<Constant>(binding).data.tensor());
}

Result<View> Lowering::arranged(std::string_view name, const Order& order, size_t i) {
  WF_TRY(const View view, input(name, i));
  return planner_.arrange(view, order);
}

Result<View> Lowering::row_major(std::string_view name, size_t i) {
  WF_TRY(const View view, input(name, i));
  return planner_.arrange(view, row_major_order(view.shape.size()));
}

Result<View> Lowering::arrange(const View& view, const Order& order) { return planner_.arrange(view, order); }

bool Lowering::uses_bfloats(int64_t inner) const {
  return precision() == Precision::kBfloat && has_bfloat_products(isa()) && inner % 2 == 0;
}

View Lowering::as_bfloats(const View& view) {
  static constexpr int64_t kTaskElements = 64 << 10;
  const int64_t count = view.size();
  View out = temporary(DType::kBFloat16, {count}, {0});
  emit("round to bf16", {view}, {out}, [count, isa = isa()](const StepIo& io) -> Status {
    const auto* from = io.at<const float>(0);
    auto* to = io.at<uint16_t>(1);
    io.pool->for_each((count + kTaskElements - 1) / kTaskElements, [&](int64_t task, int) {
      const int64_t first = task * kTaskElements;
      floats_to_bfloats(isa, from + first, to + first, std::min(kTaskElements, count - first));
    });
    return {};
  });
  return out;
}

const ValueType& Lowering::output_type(size_t i) const {
  return planner_.function_->type(call_.op().outputs[i]);
}

Order Lowering::preferred_order(size_t i) const {
  const ValueId id = took_epilogue_ ? epilogue_result_ : call_.op().outputs[i];
  return planner_.order_wanted(id);
}

View Lowering::new_output(size_t i, const Order& order) {
  View view = planner_.allocate(output_type(i).tensor()->dtype, output_shape(i), order);
  set_output(i, view);
  return view;
}

View Lowering::temporary(DType dtype, const Shape& shape, const Order& order) {
  return planner_.allocate(dtype, shape, order);
}

void Lowering::set_output(size_t i, View view) {
  planner_.set_view(took_epilogue_ ? epilogue_result_ : call_.op().outputs[i], std::move(view));
}

const float* Lowering::constant_floats(const View& view) const {
  const PlanBuffer& buffer = planner_.plan_->buffers_[static_cast<size_t>(view.buffer)];
  if (buffer.kind != PlanBuffer::Kind::kConstant || view.dtype != DType::kFloat32) return nullptr;
  const std::byte* bytes = buffer.rearranged ? buffer.rearranged->data() : buffer.constant.bytes().data();
  return reinterpret_cast<const float*>(bytes) + view.offset;
}

View Lowering::constant(DType dtype, const Shape& shape, AlignedBuffer bytes) {
  PlanBuffer buffer;
  buffer.kind = PlanBuffer::Kind::kConstant;
  buffer.bytes = bytes.size();
  buffer.rearranged = std::make_shared<AlignedBuffer>(std::move(bytes));
  return planner_.add_buffer(std::move(buffer), dtype, shape, row_major_order(shape.size()));
}

void Lowering::emit(std::string kernel, std::vector<View> inputs, std::vector<View> outputs, StepCode code,
                    int64_t scratch_bytes, int64_t weight_bytes) {
  Step step;
  step.kernel = std::move(kernel);
  step.inputs = std::move(inputs);
  step.outputs = std::move(outputs);
  step.code = std::move(code);
  step.scratch_bytes = scratch_bytes;
  step.weight_bytes = weight_bytes;
  planner_.emit(std::move(step));
}

Result<PackedWeights::Matrices> Lowering::packed(std::string_view name, uint64_t form,
                                                 const std::function<Result<PackedWeights::Matrices>()>& make,
                                                 std::span<const MatrixExtent> extents) {
  const auto* id = std::get_if<ValueId>(&call_.op().find_input(name)->bindings[0]);
  if (id && !planner_.function_->fixed[id->index]) return make();  // another one for other shapes
  // A literal belongs to its operation alone; an operation's first output tells which one.
  const uint32_t value = id ? id->index : call_.op().outputs[0].index;
  // Values that simplification added have no number that would be the same in every plan.
  if (value >= planner_.declared_.values.size()) extents = {};
  WF_TRY(PackedWeights::Matrices packed,
         planner_.options_.weights->get(value, form * 2 + (id ? 0 : 1), make, extents));
  // The weights as the file has them would else stay in memory beside the packed ones.
  if (const Tensor* original = call_.tensor(name)) page_out(original->bytes());
  return packed;
}

void Lowering::emit_copy(const View& from, const View& to) { planner_.emit_copy(from, to, "copy"); }

void Lowering::emit_step(Step step) { planner_.emit(std::move(step)); }

}  // namespace wf
