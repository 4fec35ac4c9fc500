// Ctrl-C while a model runs.
#pragma once

#include <atomic>
#include <chrono>

#include "runtime/engine.h"

namespace wf::python {

// Lets Python handle its signals between operations of a prediction, which runs without the GIL, and stops
// the prediction when a handler raises. Must outlive the prediction.
class Interrupt {
 public:
  void watch(InferOptions& options);
  // After the prediction, with the GIL: throws what the handler raised, if anything.
  void rethrow() const;

 private:
  void look();

  std::atomic<bool> raised_{false};
  std::chrono::steady_clock::time_point next_look_ = std::chrono::steady_clock::now();
};

}  // namespace wf::python
