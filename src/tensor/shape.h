// Shapes: sizes of a row-major tensor, outermost first.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace wf {

using Shape = std::vector<int64_t>;

// Number of elements; an error if a size is negative or the product does not fit. [] has one element.
Result<int64_t> element_count(std::span<const int64_t> shape);

// Row-major strides in elements.
Shape dense_strides(std::span<const int64_t> shape);

// "[1, 3, 224, 224]"; unknown sizes (negative) print as "?".
std::string to_string(std::span<const int64_t> shape);

// The shape NumPy broadcasting gives, or an error naming both shapes.
Result<Shape> broadcast_shapes(std::span<const int64_t> a, std::span<const int64_t> b);

}  // namespace wf
