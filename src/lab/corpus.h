// Runs every model of a folder laid out as one folder per model (the model, and golden/ where an oracle
// exists).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "lab/finding.h"

namespace wf {

enum class CorpusStatus : uint8_t {
  kPassed,          // runs, and meets every golden
  kRefused,         // refused by name, and rightly so
  kWeightsMissing,  // parsed; its weights are not there
  kFailed,
};
std::string_view name_of(CorpusStatus status);

struct CorpusRow {
  std::string name;  // the model's folder, relative to the corpus
  std::string kind, container;
  CorpusStatus status = CorpusStatus::kFailed;
  int64_t operations = 0;
  std::vector<double> golden_errors;  // by case: worst error relative to the output's scale
  double tolerance = 0;               // of the model's precision; 0: no goldens
  std::vector<double>
      tolerances;  // by case: what it was held against; more where the case is ill-conditioned
  double load_ms = 0, predict_ms = 0;  // of the prediction on generated inputs
  std::string detail;                  // why it failed or was refused; oddities of one that passed
};

class Cache;

struct CorpusOptions {
  std::string engine = "reference";
  std::chrono::milliseconds deadline{120000};  // for all predictions of one model together
  std::string only;                            // names that contain this
  std::shared_ptr<Cache> cache = nullptr;      // models are compiled into it, and run from there
};

// Rows in the order of their names; on_row is called as each is done. An error only if the folder cannot be
// walked.
Result<std::vector<CorpusRow>> run_corpus(const std::filesystem::path& folder, const CorpusOptions& options,
                                          const std::function<void(const CorpusRow&)>& on_row);

// What goldens are held against, relative to the output's scale: 1e-4 for FP32 models, 1e-2 for those with
// half-precision or compressed weights or arithmetic. A case of an FP32 model that magnifies the last bit of
// its inputs is held against kUlpsOfAnOracle times that effect (see lab/conditioning.h), up to 1e-2: no fp32
// oracle can be better. (Seen on such a case: one runtime's fp32 answers with and without its graph
// optimisations lie ten times the effect apart, and as far from the float64 answer.)
inline constexpr double kUlpsOfAnOracle = 16;
double corpus_tolerance(const std::string& budget);

}  // namespace wf
