#include "runtime/latency_window.h"

#include <gtest/gtest.h>

namespace wf::test {
namespace {

TEST(LatencyWindow, PercentilesByNearestRank) {
  LatencyWindow window;
  EXPECT_FALSE(window.percentile(0.5).has_value());
  for (int i = 100; i >= 1; --i) window.add(i);
  EXPECT_EQ(window.percentile(0.5), 50);
  EXPECT_EQ(window.percentile(0.99), 99);
  EXPECT_EQ(window.percentile(1.0), 100);
  EXPECT_EQ(window.percentile(0.0), 1);
}

TEST(LatencyWindow, ForgetsTheOldest) {
  LatencyWindow window;
  window.add(1e9);
  for (int i = 0; i < 512; ++i) window.add(1);
  EXPECT_EQ(window.percentile(1.0), 1);
}

}  // namespace
}  // namespace wf::test
