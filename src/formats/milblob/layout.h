// The layout of a weight file (MILBlob storage, version 2): a header of 64 bytes, then for each blob a
// metadata record of 64 bytes and its data. There is no directory: whoever names a blob names the offset of
// its metadata record. Everything is little-endian. Reserved fields and, for whole-byte elements, the padding
// field may hold garbage.
#pragma once

#include <cstdint>
#include <optional>

#include "tensor/dtype.h"

namespace wf::milblob {

inline constexpr uint64_t kAlignment = 64;  // of metadata records and of data
inline constexpr uint32_t kVersion = 2;
inline constexpr uint32_t kEspressoVersion = 1;  // the older weight format of neural networks
inline constexpr uint32_t kSentinel = 0xDEADBEEF;

struct Header {
  uint32_t blob_count;
  uint32_t version;
  uint64_t reserved[7];
};
static_assert(sizeof(Header) == kAlignment);

struct Metadata {
  uint32_t sentinel;
  uint32_t dtype;  // see dtype_of
  uint64_t size_in_bytes;
  uint64_t data_offset;      // from the beginning of the file
  uint64_t padding_in_bits;  // unused bits at the end; meaningful for elements below 8 bits only
  uint64_t reserved[4];
};
static_assert(sizeof(Metadata) == kAlignment);

// The codes of element types. Strings, bools, fp64 and 64-bit integers cannot be stored.
std::optional<DType> dtype_of(uint32_t code);
std::optional<uint32_t> code_of(DType dtype);

}  // namespace wf::milblob
