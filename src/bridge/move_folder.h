// Moving a folder to where it shall stay, as one step for whoever looks at the target.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace wf::bridge {

// Renames `from` to `to`; across file systems copies it beside `to` first. `from` is gone afterwards. Where
// another process was faster, its folder stays and that is success: both hold the same.
Status move_folder(const std::filesystem::path& from, const std::filesystem::path& to);

// The same with the rename within one file system forbidden: for tests of the long way.
Status move_folder_by_copy(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace wf::bridge
