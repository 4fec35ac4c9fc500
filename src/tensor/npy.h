// NumPy's .npy format, versions 1 to 3 (numpy/lib/format.py describes it).
//
// Read: float16/32/64, signed and unsigned integers of 8 to 64 bits, bool, fixed-width text (<U, UTF-32) and
// bytes (|S, which must be UTF-8) as strings; both byte orders, C and Fortran order. Structured, object
// (pickle) and complex arrays are refused. Written: always version 1 (2 for a long header), little-endian, C
// order; dtypes NumPy does not have become the next wider one that holds every value: bfloat16 float32, 8-bit
// floats float16, 1- to 6-bit integers int8 or uint8.
#pragma once

#include <filesystem>
#include <string>

#include "tensor/tensor.h"

namespace wf {

Result<Tensor> parse_npy(Bytes bytes);
Result<Tensor> read_npy(const std::filesystem::path& path);

Result<std::string> format_npy(const Tensor& tensor);
Status write_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace wf
