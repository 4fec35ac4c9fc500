// metadata.json of a compiled model: what Xcode shows. Read only where coremldata.bin is not there.
#pragma once

#include <string_view>

#include "base/error.h"
#include "formats/model_file.h"

namespace wf {

// Fills description and specification_version of `file` as far as the text tells.
Status read_metadata_json(std::string_view text, ModelFile& file);

}  // namespace wf
