// Elements moved from one layout to another.
#pragma once

#include <cstdint>
#include <vector>

#include "base/thread_pool.h"

namespace wf {

// Nested loops, outermost first, over the same elements in two layouts; strides in elements.
struct CopyLoops {
  std::vector<int64_t> sizes, from_strides, to_strides;
};

// Elements of 1, 2, 4 or 8 bytes. `from` and `to` do not overlap.
void copy_elements(const CopyLoops& loops, int64_t element_bytes, const std::byte* from, std::byte* to,
                   ThreadPool& pool);

}  // namespace wf
