// What is known of files' contents without reading them again: a note per file or folder, believed as long as
// the system says that nothing changed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"

namespace wf {

// Device, inode, size, time of modification and time of change (which no program can set) of every file of a
// tree, and this start of the system: what was on its way to the disk when the power failed is read again.
struct TreeStamp {
  std::string text;
  // Old enough that a later change must show: the file system's clock may tick in steps of up to two seconds.
  bool is_settled = false;
  bool operator==(const TreeStamp& other) const { return text == other.text; }
};
Result<TreeStamp> stamp_of(const std::filesystem::path& path);

// Notes by kind and path, in a folder (each a small file, replaced whole) and in this process's memory, which
// is all there is where the folder cannot be written.
class TreeStamps {
 public:
  explicit TreeStamps(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // What was noted when the tree was as `stamp` says.
  std::optional<std::string> find(std::string_view kind, const std::filesystem::path& path,
                                  const TreeStamp& stamp) const;
  // `before` was taken before the content was read; a tree that changed since, or just before, is not noted.
  void note(std::string_view kind, const std::filesystem::path& path, const TreeStamp& before,
            std::string_view value) const;

 private:
  std::filesystem::path folder_;  // "": memory alone
};

}  // namespace wf
