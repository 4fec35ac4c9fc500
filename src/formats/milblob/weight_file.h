// The weights of a program as the one file that packages and compiled models keep beside it.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "formats/mlmodel/mil_program.h"
#include "formats/model_file.h"

namespace wf {

// Writes folder/weight.bin (and makes the folder) with every constant that belongs there: those of at least
// `threshold` elements, and what came from such a file. Nothing is written if there are none.
Result<BlobRefs> write_weight_file(const ModelFile& file, const std::filesystem::path& folder,
                                   int64_t threshold);

}  // namespace wf
