// What a matrix run covers, from a JSON file: docs/matrix.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "runtime/model.h"

namespace wf {

// One combination of model, precision, shapes, engine and compute units.
struct MatrixCell {
  std::string id;  // "resnet/fp16/x=1x3x224x224/cpu/all"
  std::string model, precision, shape, engine;
  ComputeUnits compute_units = ComputeUnits::kAll;
  std::filesystem::path path;
  std::string function;
  std::map<std::string, Shape> shapes;       // of inputs; those that are not named have their usual one
  std::optional<std::string> schema_sha256;  // what it is to be
  std::optional<std::string> budget;         // by the model's precision unless given
  uint64_t seed = 0;
};

struct MatrixManifest {
  std::string reference = "reference";  // the engine taken for the truth
  int64_t runs = 50, warm_up = 5;
  double tolerance_percent = 5;  // how much slower is no regression
  std::vector<MatrixCell> cells;
};

// Relative paths are the manifest's. kBadModel with the place of what is wrong: a key nobody knows is wrong,
// too.
Result<MatrixManifest> read_matrix_manifest(const std::filesystem::path& path);

}  // namespace wf
