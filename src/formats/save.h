// Writing models.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "formats/model_file.h"

namespace wf {

struct SaveOptions {
  // Constants of at least this many elements go to the weight file, as coremltools does; smaller ones stay
  // immediate.
  int64_t blob_threshold = 10;
};

// An ML program with its description as a package (Manifest.json, model, weights/weight.bin). Never half
// there: written beside and renamed. `path` must end in ".mlpackage"; an existing package is replaced.
Status save_mlpackage(const ModelFile& file, const std::filesystem::path& path,
                      const SaveOptions& options = {});

// The same as one file with every constant immediate. Weights must fit protobuf's 2 GiB.
Status save_mlmodel(const ModelFile& file, const std::filesystem::path& path);

// Where Windfall keeps its own files in a compiled model; nothing there is needed to read it.
inline constexpr const char* kWindfallFolder = "windfall";

// A compiled model into `folder`, made if it is not there: an ML program as Apple's compiler lays it out, any
// other type as its message and weight files. Not atomic: write into a folder of your own, then rename.
Status write_mlmodelc(const ModelFile& file, const std::filesystem::path& folder);

}  // namespace wf
