// Arrays as Core ML gives and takes them: a shape, and strides in elements that need not be dense. The Neural
// Engine pads rows, outputs may be transposed, the last row may end short; sizes of 1 may carry any stride.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"

namespace wf::bridge {

using Sizes = std::span<const int64_t>;

// Row-major strides in elements: {2, 3, 4} gives {12, 4, 1}.
std::vector<int64_t> dense_strides(Sizes shape);

// Elements of the shape; an error where a size is negative or the product overflows.
Result<int64_t> element_count(Sizes shape);

// Elements from the first to one past the last that the strides reach; 0 for an empty array. An error for
// strides that are negative, of another rank, or absurd.
Result<int64_t> reach(Sizes shape, Sizes strides);

// Copies a strided array of elements of `element_size` bytes into row-major order. An error, and nothing
// copied, where the strides lead past either buffer.
Status gather(std::span<const std::byte> from, Sizes shape, Sizes strides, size_t element_size,
              std::span<std::byte> dense);

// The other way: row-major elements to where the strides put them. What lies between is left alone.
Status scatter(std::span<const std::byte> dense, Sizes shape, Sizes strides, size_t element_size,
               std::span<std::byte> to);

}  // namespace wf::bridge
