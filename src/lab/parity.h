// Two engines on the same inputs: how far the outputs lie apart, and the first operation where they part.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "lab/finding.h"
#include "runtime/model.h"

namespace wf {

struct ParityOptions {
  std::string actual_engine = "reference";
  std::string expected_engine = "reference:exact";  // the truth
  Budget budget;
  PrepareOptions prepare;
  InferOptions infer;
};

// An operation's value, seen by both engines.
struct Parting {
  int64_t position = 0;   // among the values both engines computed, from 0
  std::string operation;  // "conv 'features_0'"
  Finding finding;        // its name is the value's
};

struct ParityReport {
  std::vector<Finding> outputs;
  // The first value in program order whose error exceeds the budget, though the outputs may be within it.
  std::optional<Parting> first_parting;
  std::optional<Parting> worst_value;  // the largest relative error on the way
  int64_t values_compared = 0;
  PredictTimes actual_times, expected_times;
  bool passed() const { return all_passed(outputs); }
};

// Keeps every intermediate value of one run while the other goes on: memory is the sum of all activations.
Result<ParityReport> compare_engines(const std::shared_ptr<const ModelFile>& file, const Features& inputs,
                                     const ParityOptions& options);

}  // namespace wf
