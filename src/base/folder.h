// Folders that are written whole or not at all.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace wf {

// Puts the folder `fresh` where `target` is; what was there is removed. Two renames: in between neither is
// there, and if the second fails the old folder comes back.
Status replace_folder(const std::filesystem::path& fresh, const std::filesystem::path& target);

}  // namespace wf
