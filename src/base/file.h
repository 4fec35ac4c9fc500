// Files: mapped for reading, written whole or not at all, and never followed out of the folder they belong
// to.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace wf {

using Bytes = std::span<const std::byte>;

// A read-only private mapping of a whole file; pages are read when touched. Lives as long as someone holds
// it.
class MappedFile {
 public:
  static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  Bytes bytes() const { return bytes_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  MappedFile() = default;
  std::filesystem::path path_;
  Bytes bytes_;
};

// The whole file as text; files above `limit` bytes are refused.
Result<std::string> read_text_file(const std::filesystem::path& path, size_t limit = size_t{256} << 20);

// Writes beside the target and renames over it, so that a reader sees the old file or the new one.
Status write_file(const std::filesystem::path& path, Bytes content);
Status write_file(const std::filesystem::path& path, std::string_view content);

// root/relative, refused unless it stays below root after symbolic links are resolved. The file need not
// exist.
Result<std::filesystem::path> path_below(const std::filesystem::path& root, std::string_view relative);

inline Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace wf
