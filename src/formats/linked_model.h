// A linked model holds nothing but the name of another model's file.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "formats/model_file.h"
#include "formats/wire/message.h"

namespace wf {

// Reads the model that the LinkedModel message names as the only part of `file`. It is looked for below
// `folder`, where the linking model lies; what is not there is a refusal that says which file is needed.
Status follow_link(const Message& linked_model, const std::filesystem::path& folder,
                   const ReadOptions& options, ModelFile& file);

}  // namespace wf
