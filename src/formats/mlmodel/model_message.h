// The Model message, whichever container it came in: a .mlmodel file, or the model item of a .mlpackage.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "formats/milblob/weights.h"
#include "formats/model_file.h"

namespace wf {

struct ModelSource {
  std::filesystem::path path;  // as the user named the model
  std::string container;       // ".mlmodel"
  WeightPlaces weights;
};

// Reads the message, of a pipeline every part too. `file` stays mapped for as long as a tensor of the model
// lives.
Result<ModelFile> read_model_message(const std::shared_ptr<const MappedFile>& file, const ModelSource& source,
                                     const ReadOptions& options);

// Could the bytes be a Model message? Looks at the first fields only.
bool looks_like_model_message(Bytes bytes);

}  // namespace wf
