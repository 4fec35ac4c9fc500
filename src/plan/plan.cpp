#include "plan/plan.h"

#include <fmt/format.h>

#include <cstring>

#include "kernels/copy/convert.h"
#include "kernels/copy/copy.h"

namespace wf {
namespace {

// Tensors may lie anywhere, kernels want whole elements aligned.
Result<std::vector<Tensor>> aligned_inputs(std::span<const Tensor> inputs) {
  std::vector<Tensor> aligned(inputs.begin(), inputs.end());
  for (Tensor& tensor : aligned) {
    if (reinterpret_cast<uintptr_t>(tensor.bytes().data()) % sizeof(uint64_t) == 0) continue;
    WF_TRY(Tensor copy, Tensor::allocate(tensor.dtype(), tensor.shape()));
    std::memcpy(copy.mutable_bytes().data(), tensor.bytes().data(), static_cast<size_t>(tensor.byte_size()));
    tensor = std::move(copy);
  }
  return aligned;
}

}  // namespace

Status RunControl::check_time() const {
  if (cancelled && cancelled->load(std::memory_order_relaxed)) {
    return Error(ErrorCode::kDeadlineExceeded, "cancelled by the caller");
  }
  if (deadline && std::chrono::steady_clock::now() > *deadline) {
    return Error(ErrorCode::kDeadlineExceeded, "the deadline passed during the prediction");
  }
  return {};
}

int64_t Plan::weight_bytes() const {
  int64_t total = 0;
  for (const Step& step : steps_) total += step.weight_bytes;
  for (const PlanBuffer& buffer : buffers_) {
    if (buffer.kind == PlanBuffer::Kind::kConstant) total += buffer.bytes;
  }
  return total;
}

void Plan::Return::operator()(Instance* instance) const {
  std::unique_ptr<Instance> owned(instance);
  const std::lock_guard guard(plan->lock_);
  plan->idle_.push_back(std::move(owned));
}

std::unique_ptr<Plan::Instance, Plan::Return> Plan::take_instance() {
  {
    const std::lock_guard guard(lock_);
    if (!idle_.empty()) {
      Instance* instance = idle_.back().release();
      idle_.pop_back();
      return {instance, Return{this}};
    }
  }
  {
    const std::lock_guard guard(lock_);
    idle_.reserve(++instances_);  // giving one back must not need memory
  }
  auto instance = std::make_unique<Instance>();
  instance->arena = AlignedBuffer(arena_bytes_ + scratch_bytes_ * threads_);
  size_t views = 0;
  for (const Step& step : steps_) views += step.inputs.size() + step.outputs.size();
  instance->pointers.resize(views);
  return {instance.release(), Return{this}};
}

Result<std::vector<Tensor>> Plan::run(std::span<const Tensor> inputs, ThreadPool& pool,
                                      const RunControl& control) {
  if (pool.threads() != threads_) {
    return Error(ErrorCode::kInternal,
                 fmt::format("planned for {} threads, run with {}", threads_, pool.threads()));
  }
  WF_TRY(const std::vector<Tensor> given, aligned_inputs(inputs));
  const auto instance = take_instance();
  if (!instance->arena.valid()) {
    instance->arena = AlignedBuffer(arena_bytes_ + scratch_bytes_ * threads_);  // there may be memory now
  }
  if (!instance->arena.valid()) {
    return Error(ErrorCode::kEnvironment, "not enough memory for the prediction's intermediate values");
  }
  const auto first_byte = [&](const View& view) -> std::byte* {
    const PlanBuffer& buffer = buffers_[static_cast<size_t>(view.buffer)];
    const int64_t offset = view.offset * bit_width(view.dtype) / 8;
    switch (buffer.kind) {
      case PlanBuffer::Kind::kArena:
        return instance->arena.data() + buffer.offset + offset;
      case PlanBuffer::Kind::kInput:
        return const_cast<std::byte*>(given[buffer.input].bytes().data()) + offset;
      case PlanBuffer::Kind::kConstant:
        break;
    }
    return buffer.rearranged ? buffer.rearranged->data() + offset
                             : const_cast<std::byte*>(buffer.constant.bytes().data()) + offset;
  };
  size_t next = 0;
  for (const Step& step : steps_) {
    for (const View& view : step.inputs) instance->pointers[next++] = first_byte(view);
    for (const View& view : step.outputs) instance->pointers[next++] = first_byte(view);
  }
  if (control.step_times) control.step_times->assign(steps_.size(), 0);

  StepIo io;
  io.pool = &pool;
  io.control = &control;
  io.scratch = instance->arena.data() + arena_bytes_;
  for (size_t i = 0; i < steps_.size(); ++i) {
    WF_CHECK(control.check_time());
    io.views = instance->pointers.data() + first_view_[i];
    const auto begin =
        control.step_times ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
    if (auto status = steps_[i].code(io); !status) {
      Error error = std::move(status).error();
      return error.where.empty() ? std::move(error).at(steps_[i].label) : std::move(error);
    }
    if (control.step_times) {
      const auto taken = std::chrono::steady_clock::now() - begin;
      (*control.step_times)[i] = std::chrono::duration<double, std::milli>(taken).count();
    }
  }

  std::vector<Tensor> outputs;
  for (const Output& output : outputs_) {
    WF_TRY(Tensor tensor, Tensor::allocate(output.dtype, output.shape));
    const std::byte* from = first_byte(output.view);
    if (output.dtype == DType::kFloat16) {
      floats_to_halves(isa_, reinterpret_cast<const float*>(from), tensor.mutable_bytes().data(),
                       tensor.size());
    } else if (tensor.byte_size() > 0) {
      std::memcpy(tensor.mutable_bytes().data(), from, static_cast<size_t>(tensor.byte_size()));
    }
    outputs.push_back(std::move(tensor));
  }
  return outputs;
}

}  // namespace wf
