// The header of an .npy file: a Python dictionary literal, such as
// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
#pragma once

#include <bit>
#include <string>
#include <string_view>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace wf {

struct NpyHeader {
  // What the elements are: a number of `dtype`, or (kString) text of `item_size` bytes, UTF-32 or raw.
  DType dtype = DType::kFloat32;
  bool utf32 = false;
  std::endian order = std::endian::little;
  size_t item_size = 0;  // bytes; never 0
  bool fortran_order = false;
  Shape shape;
};

Result<NpyHeader> parse_npy_header(std::string_view text);

// descr of a numeric dtype that NumPy has, "<f4"; empty for others.
std::string_view npy_descr(DType dtype);

}  // namespace wf
