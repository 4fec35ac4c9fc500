// Where the largest or smallest element of each line is.
#pragma once

#include "kernels/rows/rows.h"

namespace wf {

// [outer, length, inner] to indices [outer, inner]: the first of equals; the first NaN if there is one.
template <bool kLargest>
void extreme_indices(const float* x, int32_t* out, const Lines& lines, ThreadPool& pool) {
  pool.for_each(lines.outer, [&](int64_t o, int) {
    const float* line = x + o * lines.length * lines.inner;
    int32_t* index = out + o * lines.inner;
    for (int64_t k = 0; k < lines.inner; ++k) index[k] = 0;
    for (int64_t i = 1; i < lines.length; ++i) {
      for (int64_t k = 0; k < lines.inner; ++k) {
        const float best = line[index[k] * lines.inner + k], value = line[i * lines.inner + k];
        const bool is_better = (kLargest ? value > best : value < best) || value != value;
        if (is_better && best == best) index[k] = static_cast<int32_t>(i);
      }
    }
  });
}

}  // namespace wf
