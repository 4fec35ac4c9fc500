// The weight files of a program: finds and maps them and gives every constant its tensor.
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.h"
#include "formats/model_file.h"
#include "program/program.h"

namespace wf {

struct WeightPlaces {
  // No weight file may lie outside of this folder, whatever a path or a symbolic link says.
  std::filesystem::path root;
  // What "@model_path" stands for: the folder of the model file. More than one: the first that has the file
  // is taken.
  std::vector<std::filesystem::path> model_folders;
};

// Resolves every BlobRef of `program`. Files that are not there are an error (kWeightsMissing), or with
// options.allow_missing_weights listed in file.missing_weights while their constants stay unknown.
// Adds the bytes of all constants, as stored, to file.weight_bytes.
Status load_weights(Program& program, const WeightPlaces& places, const ReadOptions& options,
                    ModelFile& file);

}  // namespace wf
