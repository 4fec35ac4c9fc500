// SHA-256: names for contents that must not be confused. Source: FIPS 180-4.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace wf {

// Bytes in pieces, then hex() once.
class Sha256 {
 public:
  void add(Bytes bytes);
  void add(std::string_view text) { add(as_bytes(text)); }
  // 64 lower-case hexadecimal digits. Nothing may be added afterwards.
  std::string hex();

 private:
  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> block_{};
  size_t filled_ = 0;  // of block_
  uint64_t total_ = 0;
};

std::string sha256_of(Bytes bytes);
// Reads the file in pieces: what it was at the time, without keeping it mapped.
Result<std::string> sha256_of_file(const std::filesystem::path& path);

// Is the digest computed by the processor's own instructions?
bool sha256_is_accelerated();

}  // namespace wf
