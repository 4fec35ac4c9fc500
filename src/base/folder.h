// Folders: listed, removed, and written whole or not at all. Unlike those of <filesystem>, which end the
// process where memory does not suffice for a name (gcc 12), listings and removals throw std::bad_alloc then.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace wf {

struct FolderEntry {
  std::string name;  // relative to the listed folder, '/' between levels
  bool is_folder = false;
  int64_t bytes = 0;  // of a file
};

// What is in a folder, in the order of names; links are followed, what is neither a folder nor a regular file
// is left out. kEnvironment: it cannot be listed.
Result<std::vector<FolderEntry>> list_folder(const std::filesystem::path& folder);
// The same for all that is below it, at most 64 levels deep; a folder comes before what is in it.
Result<std::vector<FolderEntry>> list_tree(const std::filesystem::path& folder);

// Removes a file or a folder with all that is below it; links are removed, not followed. False if something
// of it is still there.
bool remove_tree(const std::filesystem::path& path);

// Puts the folder `fresh` where `target` is; what was there is removed. Two renames: in between neither is
// there, and if the second fails the old folder comes back.
Status replace_folder(const std::filesystem::path& fresh, const std::filesystem::path& target);

}  // namespace wf
