// All cells of a manifest, measured and held against what was.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lab/matrix/archive.h"
#include "lab/matrix/measure.h"

namespace wf {

struct MatrixRun {
  ArchivedRun run;                                 // as it will be read again
  std::vector<std::string> failures, regressions;  // cells
  std::vector<Json> lines() const;                 // of the archive
};

struct MatrixRunOptions {
  std::string date, version;
  std::vector<std::string> only;  // cells whose names hold one of these; none: all
  const std::atomic<bool>* cancelled = nullptr;
  // One ratio of this program's time to an older one's, measured now; may be null (regression.h).
  std::function<Result<double>(const MatrixCell& cell, const MatrixOptions& options)> pair;
  std::function<void(const Json& cell)> on_cell;  // as they come
};

// `before`: oldest first. An error: nothing to measure, a bad date, cancelled, or what `pair` says.
Result<MatrixRun> run_matrix(const MatrixManifest& manifest, const std::vector<ArchivedRun>& before,
                             const MatrixRunOptions& options);

}  // namespace wf
