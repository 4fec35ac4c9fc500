#include "bridge/array_dtype.h"

#include <fmt/format.h>

namespace wf::bridge {

Result<DType> dtype_of_apple(int64_t number) {
  switch (number) {
    case kAppleDouble:
      return DType::kFloat64;
    case kAppleFloat32:
      return DType::kFloat32;
    case kAppleFloat16:
      return DType::kFloat16;
    case kAppleInt32:
      return DType::kInt32;
    case kAppleInt8:
      return DType::kInt8;
    default:
      return Error(ErrorCode::kUnsupported, fmt::format("array type {:#x} of Core ML is not known", number),
                   {}, "known: Double, Float32, Float16, Int32, Int8");
  }
}

Result<int64_t> apple_of_dtype(DType dtype) {
  switch (dtype) {
    case DType::kFloat64:
      return int64_t{kAppleDouble};
    case DType::kFloat32:
      return int64_t{kAppleFloat32};
    case DType::kFloat16:
      return int64_t{kAppleFloat16};
    case DType::kInt32:
      return int64_t{kAppleInt32};
    case DType::kInt8:
      return int64_t{kAppleInt8};
    default:
      return Error(ErrorCode::kUnsupported, fmt::format("Core ML has no arrays of {}", name_of(dtype)), {},
                   "it has Double, Float32, Float16, Int32 and (from macOS 26) Int8");
  }
}

Result<size_t> apple_element_size(int64_t number) {
  WF_TRY(const DType dtype, dtype_of_apple(number));
  return static_cast<size_t>(bit_width(dtype)) / 8;
}

}  // namespace wf::bridge
