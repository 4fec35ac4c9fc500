// One cell of the matrix, measured.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>

#include "lab/datum_json.h"
#include "lab/matrix/manifest.h"

namespace wf {

enum class CellStatus : uint8_t {
  kOk,
  kSkipped,         // this build has no such engine
  kLoadFailed,      // the model, or its preparation
  kSchemaMismatch,  // takes or gives something else than was recorded
  kPredictFailed,
  kParityFailed,  // further from the reference engine than the budget allows
};
std::string_view name_of(CellStatus status);

struct CellTimes {
  double p50_ms = 0, p95_ms = 0, p99_ms = 0;
  // The median of the unit of calibration.h, one pass after each prediction: the same moment of the same
  // machine.
  double calibration_ms = 0;
  double relative() const { return p50_ms / calibration_ms; }
};

struct CellResult {
  MatrixCell cell;
  CellStatus status = CellStatus::kOk;
  std::string trouble;  // of what is not ok
  std::string schema_sha256;
  double load_ms = 0;
  std::optional<double> worst_rel;  // the largest error relative to scale, against the reference engine
  std::optional<CellTimes> times;
  std::map<std::string, int64_t> served_by;  // "cpu on cpu_only": predictions
};

struct MatrixOptions {
  std::string reference = "reference";
  int64_t runs = 50, warm_up = 5;
  const std::atomic<bool>* cancelled = nullptr;
};

// Loads from the file, checks schema and parity, predicts. What goes wrong is the result's status; an error
// is returned only if it was cancelled.
Result<CellResult> measure_cell(const MatrixCell& cell, const MatrixOptions& options);

// Only the times, once more.
Result<CellTimes> measure_times(const MatrixCell& cell, const MatrixOptions& options);

// Names, types, shapes and order of inputs, outputs and states; not texts for people.
std::string schema_sha256(const Interface& interface);

Json to_json(const CellResult& result);

}  // namespace wf
