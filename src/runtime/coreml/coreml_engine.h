// Apple's framework as an engine. Built only where there is a Core ML to drive: on Apple's systems, and in
// tests over the double.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "runtime/engine.h"

namespace wf {

// "coreml". The model's file goes to Core ML as it is (compiled first, unless it is a .mlmodelc), so it also
// runs what only Apple has. A model without a file is written to one.
//
// Core ML's calls cannot be stopped: each runs on a thread of the model's, one at a time. At its deadline a
// call is answered with kDeadlineExceeded, the thread and its model are left to themselves, and a new model
// is loaded in the background; until that is there, calls fail at once (kRuntime). A state stays what it was
// before a call that failed.
const InferenceEngine& coreml_engine();

// What holds where a call brings no deadline of its own. Nothing waits for ever.
struct CoreMlLimits {
  std::chrono::milliseconds compile{std::chrono::minutes(15)}, load{std::chrono::minutes(15)},
      plan{std::chrono::minutes(5)}, predict{std::chrono::minutes(2)};
};
void set_coreml_limits(const CoreMlLimits& limits);

// What Core ML says of where the model runs: requested and actual compute units (the devices its compute plan
// prefers), the share of operations on the Neural Engine. Asked for once, at the first call. An error for
// another engine's model, and where the system has no compute plans.
Result<CapabilityReport> coreml_report(const PreparedModel& model);
// The whole plan, device and cost of each operation, as JSON (bridge/facts.h).
Result<std::string> coreml_plan(const PreparedModel& model);
// Models that were loaded again after a call was given up, since this one was prepared.
int64_t coreml_rebuilds(const PreparedModel& model);

}  // namespace wf
