// Zip archives, as far as .npz needs them: members stored or deflated, no encryption. Archives of 4 GiB and
// more (zip64) are read, but not written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace wf {

struct ZipMember {
  std::string name;
  Bytes stored;  // as it lies in the archive
  uint64_t size = 0;
  uint32_t crc = 0;
  bool deflated = false;
};

// The archive's directory, every range checked. Members cannot overlap, and no member claims to grow by more
// than deflate can, so memory is bounded by the archive's size.
Result<std::vector<ZipMember>> read_zip_directory(Bytes archive);

// The member's content, its length and checksum verified.
Result<std::string> extract(const ZipMember& member);

class ZipWriter {
 public:
  // Stored uncompressed.
  Status add(std::string_view name, std::string_view content);
  Result<std::string> finish() &&;

 private:
  std::string archive_, directory_;
  uint32_t count_ = 0;
};

}  // namespace wf
