// FNV-1a, 64 bits: names for contents, where nobody attacks. Source: the FNV reference, parameters for 64
// bits.
#pragma once

#include <cstdint>

#include "base/file.h"

namespace wf {

inline constexpr uint64_t kFnvOffset = 0xcbf29ce484222325;

constexpr uint64_t fnv1a64(Bytes bytes, uint64_t seed = kFnvOffset) {
  uint64_t hash = seed;
  for (const std::byte byte : bytes) {
    hash ^= static_cast<uint64_t>(byte);
    hash *= 0x100000001b3;
  }
  return hash;
}

}  // namespace wf
