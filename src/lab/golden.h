// Goldens: fixed inputs with the outputs that an oracle gave for them. A folder holds golden.json and one
// .npy per value:
//
//   {"oracle": "...", "cases": [{"description": "...",
//     "inputs":  {"NAME": {"file": "case0.in.NAME.npy", "dtype": "float32", "shape": [1, 3]}, "OTHER":
//     {"value": 3}}, "outputs": {...}}]}
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "lab/finding.h"
#include "runtime/model.h"

namespace wf {

struct GoldenCase {
  std::string description;
  Features inputs, outputs;
  // An oracle that knows no labels may give the index of the winning class instead ("argmax": {"value": 3}).
  std::optional<int64_t> winning_class;
};
struct Golden {
  std::string oracle;  // who computed the outputs, and how
  std::vector<GoldenCase> cases;
};

// `interface` says what the values are; a name it does not have is read as a tensor.
Result<Golden> read_golden(const std::filesystem::path& folder, const Interface& interface);
Status write_golden(const std::filesystem::path& folder, const Golden& golden);

// The model's own answers to these inputs, each case starting from a fresh state.
Result<Golden> record_golden(const Model& model, std::vector<Features> inputs, std::string oracle);

struct GoldenReport {
  std::vector<std::vector<Finding>> cases;  // by case, by expected output
  bool passed() const;
  double worst_rel() const;  // of all cases
};

// Runs every case. An expected output that the model does not have stands for the classifier's probabilities,
// in the order of its classes, when there are as many: oracles know logits, not labels.
Result<GoldenReport> check_golden(const Model& model, const Golden& golden, const Budget& budget,
                                  const InferOptions& options = {});

}  // namespace wf
