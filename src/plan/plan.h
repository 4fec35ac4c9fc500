// How a function runs for inputs of given shapes: steps over buffers whose places are settled.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "kernels/isa.h"
#include "plan/view.h"
#include "tensor/tensor.h"

namespace wf {

struct RunControl {
  std::optional<std::chrono::steady_clock::time_point> deadline;
  const std::atomic<bool>* cancelled = nullptr;
  // Milliseconds of each step, if wanted.
  std::vector<double>* step_times = nullptr;

  // An error once the deadline has passed or the caller has cancelled.
  Status check_time() const;
};

// What a step works on while it runs.
struct StepIo {
  std::byte* const* views = nullptr;  // the step's inputs, then its outputs: first elements
  std::byte* scratch = nullptr;       // Step::scratch_bytes for each of the pool's threads
  ThreadPool* pool = nullptr;
  const RunControl* control = nullptr;  // for steps that take long

  template <class T>
  T* at(size_t i) const {
    return reinterpret_cast<T*>(views[i]);
  }
};
using StepCode = std::function<Status(const StepIo&)>;

struct Step {
  std::string label;   // the operations it does: "conv 'stem' + relu"
  std::string kernel;  // how: "convolution 12x32 tiles, fp16 weights"
  StepCode code;
  std::vector<View> inputs, outputs;
  int64_t scratch_bytes = 0;  // for each thread
  // Memory that belongs to the step: packed weights.
  int64_t weight_bytes = 0;
};

// Constants belong to the plan, inputs and outputs to the caller, the rest lies in one arena.
struct PlanBuffer {
  enum class Kind : uint8_t { kArena, kConstant, kInput };
  Kind kind = Kind::kArena;
  int64_t bytes = 0;
  int64_t offset = 0;  // in the arena
  size_t input = 0;    // which
  Tensor constant;     // holds the bytes, or
  std::shared_ptr<AlignedBuffer> rearranged;
};

class Plan {
 public:
  Plan() = default;
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // Inputs as the function declares them: dense, row-major (those that are no tensors do not count). Outputs,
  // new tensors, are those of the StaticFunction, in the dtypes the function declares.
  Result<std::vector<Tensor>> run(std::span<const Tensor> inputs, ThreadPool& pool,
                                  const RunControl& control);

  const std::vector<Step>& steps() const { return steps_; }
  Isa isa() const { return isa_; }
  int64_t arena_bytes() const { return arena_bytes_; }
  int64_t weight_bytes() const;  // packed weights and constants

 private:
  friend class Planner;
  friend class Lowering;

  // One prediction's memory. Kept for the next one.
  struct Instance {
    AlignedBuffer arena;
    std::vector<std::byte*> pointers;
  };
  // Gives the instance back when the prediction ends, however it ends.
  struct Return {
    Plan* plan;
    void operator()(Instance* instance) const;
  };
  std::unique_ptr<Instance, Return> take_instance();

  struct Output {
    View view;
    DType dtype = DType::kFloat32;  // as declared
    Shape shape;
  };

  Isa isa_ = Isa::kPortable;
  int threads_ = 1;  // that the steps' scratch memory was measured for
  std::vector<Step> steps_;
  std::vector<PlanBuffer> buffers_;
  std::vector<Output> outputs_;
  std::vector<size_t> first_view_;  // by step, into Instance::pointers
  int64_t arena_bytes_ = 0;
  int64_t scratch_bytes_ = 0;  // for each thread
  std::mutex lock_;
  std::vector<std::unique_ptr<Instance>> idle_;
  size_t instances_ = 0;
};

}  // namespace wf
