// The files that describe a compiled ML program: coremldata.bin and metadata.json, as Apple's compiler lays
// them out.
#pragma once

#include <string>

#include "formats/model_file.h"

namespace wf {

// compiled_data.h says what the bytes are.
std::string write_compiled_data(const ModelFile& file);

// What Xcode and coremltools show of a compiled model; numbers are written as strings there. `name` is what
// Xcode would call the class.
std::string write_metadata_json(const ModelFile& file, std::string_view name);

}  // namespace wf
