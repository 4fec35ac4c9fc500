// The reference engine: walks a function's operations in order, one plain implementation each. It is the
// specification the fast engine is held against, so it shares nothing with it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ops/call.h"
#include "program/program.h"

namespace wf {

struct RunOptions {
  Reading reading = Reading::kTyped;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  const std::atomic<bool>* cancelled = nullptr;
  uint64_t seed = 0;  // for random operations that name no seed of their own
  // Sees every value that an operation of the function computed, in order; nested blocks included.
  std::function<void(const Op& op, ValueId id, const Datum& value)> observer;
};

struct FunctionPlan;

// A function, checked and ready to run. Immutable: any number of threads may run it.
class ReferenceFunction {
 public:
  // `function` "" is "main". Every operation is looked up here: what is missing is named before anything
  // runs.
  static Result<std::shared_ptr<const ReferenceFunction>> prepare(std::shared_ptr<const Program> program,
                                                                  std::string_view function);

  const Function& function() const { return *function_; }
  // With its weights decompressed, as far as memory allows: done when first asked for.
  const FunctionPlan& plan() const;

  // One value per function input (a state input takes a StateCell), one per output. Shapes must fit the
  // declared types; dtypes must be the declared ones. In the exact reading floating inputs may come as fp64;
  // states may in both, since an exact prediction leaves them so.
  Result<std::vector<Datum>> run(std::span<const Datum> inputs, const RunOptions& options) const;
  // Do the values fit what the function declares? run() asks, too.
  Status check_inputs(std::span<const Datum> inputs, Reading reading) const;

 private:
  ReferenceFunction() = default;
  std::shared_ptr<const Program> program_;
  const Function* function_ = nullptr;
  mutable std::once_flag folded_;
  mutable std::shared_ptr<FunctionPlan> plan_;
};

}  // namespace wf
