// A picture in a terminal.
#pragma once

#include <string>

#include "tensor/tensor.h"

namespace wf::tool {

// uint8 [height, width] or [height, width, 3], at most `columns` wide. With colours each character shows two
// pixels, one above the other, in 24-bit colour; without, their mean brightness as one of five shades (a dark
// terminal is assumed).
std::string draw_picture(const Tensor& pixels, bool colours, int64_t columns = 56);

}  // namespace wf::tool
