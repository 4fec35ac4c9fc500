// A reader of one model format. A new format is a new folder with a reader.cpp that exports `reader_FOLDER`.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "formats/model_file.h"

namespace wf {

struct FormatReader {
  std::string_view name;  // ".mlpackage"
  std::string_view doc;
  // Is it this format? Looks at names and first bytes only.
  bool (*recognises)(const std::filesystem::path& path);
  Result<ModelFile> (*read)(const std::filesystem::path& path, const ReadOptions& options);
};

// Declared by cmake/generated_tables.cmake: every reader, null-terminated.
const FormatReader* const* format_reader_table();

}  // namespace wf
