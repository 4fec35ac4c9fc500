// The numbers that Core ML gives its array types (MLMultiArrayDataType), and ours.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "tensor/dtype.h"

namespace wf::bridge {

// As documented: the kind of number in the upper half, bits in the lower.
enum AppleDType : int64_t {
  kAppleDouble = 0x10000 | 64,
  kAppleFloat32 = 0x10000 | 32,
  kAppleFloat16 = 0x10000 | 16,  // from macOS 12
  kAppleInt32 = 0x20000 | 32,
  kAppleInt8 = 0x20000 | 8,  // from macOS 26
};

// An error for a number that is none of these: a newer system may have more, and guessing at bytes is worse.
Result<DType> dtype_of_apple(int64_t number);
Result<int64_t> apple_of_dtype(DType dtype);
Result<size_t> apple_element_size(int64_t number);

}  // namespace wf::bridge
