// Buffers that are alive at once never overlap, and little memory is wasted.
#include "plan/memory.h"

#include <algorithm>
#include <random>

#include "support/support.h"

namespace wf::test {
namespace {

TEST(Place, OneAfterTheOtherShareMemory) {
  std::vector<Lifetime> lifetimes{{1000, 0, 1, 0}, {1000, 2, 3, 0}, {500, 4, 9, 0}};
  EXPECT_EQ(place(lifetimes), 1024);  // whole cache lines
  for (const Lifetime& life : lifetimes) EXPECT_EQ(life.offset, 0);
}

TEST(Place, RandomLifetimesDoNotOverlap) {
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    std::vector<Lifetime> lifetimes;
    int64_t busiest = 0;
    for (int i = 0; i < 60; ++i) {
      const auto first = static_cast<int64_t>(random() % 100);
      lifetimes.push_back(
          {static_cast<int64_t>(random() % 5000), first, first + static_cast<int64_t>(random() % 20), 0});
    }
    const int64_t total = place(lifetimes);
    for (int64_t step = 0; step < 120; ++step) {
      int64_t alive = 0;
      for (const Lifetime& life : lifetimes)
        alive += life.first <= step && step <= life.last ? life.bytes + 63 : 0;
      busiest = std::max(busiest, alive);
    }
    EXPECT_LE(total, busiest * 3 / 2);
    for (size_t a = 0; a < lifetimes.size(); ++a) {
      EXPECT_EQ(lifetimes[a].offset % 64, 0);
      EXPECT_LE(lifetimes[a].offset + lifetimes[a].bytes, total);
      for (size_t b = 0; b < a; ++b) {
        const Lifetime &x = lifetimes[a], &y = lifetimes[b];
        const bool at_once = x.first <= y.last && y.first <= x.last;
        const bool apart = x.offset + x.bytes <= y.offset || y.offset + y.bytes <= x.offset;
        EXPECT_TRUE(!at_once || apart || x.bytes == 0 || y.bytes == 0);
      }
    }
  }
}

}  // namespace
}  // namespace wf::test
