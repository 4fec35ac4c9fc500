#include "plan/memory.h"

#include <algorithm>
#include <numeric>

#include "base/aligned_buffer.h"

namespace wf {

int64_t place(std::vector<Lifetime>& lifetimes) {
  std::vector<size_t> by_size(lifetimes.size());
  std::iota(by_size.begin(), by_size.end(), size_t{0});
  std::ranges::sort(by_size, [&](size_t a, size_t b) {
    return lifetimes[a].bytes != lifetimes[b].bytes ? lifetimes[a].bytes > lifetimes[b].bytes : a < b;
  });
  std::vector<size_t> placed;  // by offset
  int64_t total = 0;
  for (const size_t index : by_size) {
    Lifetime& mine = lifetimes[index];
    int64_t offset = 0;
    for (const size_t other_index : placed) {
      const Lifetime& other = lifetimes[other_index];
      if (other.last < mine.first || other.first > mine.last) continue;
      if (offset + mine.bytes <= other.offset) break;
      offset = std::max(offset, other.offset + aligned_size(other.bytes));
    }
    mine.offset = offset;
    placed.insert(std::ranges::upper_bound(placed, offset, {}, [&](size_t i) { return lifetimes[i].offset; }),
                  index);
    total = std::max(total, offset + aligned_size(mine.bytes));
  }
  return total;
}

}  // namespace wf
