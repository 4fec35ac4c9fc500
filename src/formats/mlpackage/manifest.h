// Manifest.json of a .mlpackage: which files belong to the package and which of them is the model.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace wf {

struct ManifestItem {
  std::string id;  // a UUID by convention; any text will do
  std::string name;
  std::string path;  // relative to the package's folder Data
};

struct Manifest {
  std::string version;  // "1.0.0"
  ManifestItem model;   // the one rootModelIdentifier names
  std::vector<ManifestItem> others;
};

Result<Manifest> read_manifest(const std::filesystem::path& package);

}  // namespace wf
