#include "runtime/telemetry/quantile_sketch.h"

#include <algorithm>
#include <thread>

#include "base/random.h"
#include "support/support.h"

namespace wf::test {
namespace {

double nearest_rank(std::vector<double> values, double q) {
  std::ranges::sort(values);
  const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(values.size()) - 1e-9));
  return values[std::max<size_t>(rank, 1) - 1];
}

// Durations as they come: bulk, long tail, from microseconds to minutes.
std::vector<double> durations(uint64_t seed, size_t count) {
  SeededRandom random(seed);
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i) values.push_back(std::exp(random.normal() * 2.5));
  return values;
}

constexpr double kQuantiles[] = {0, 0.001, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1};

TEST(QuantileSketch, EveryQuantileIsWithinOnePercent) {
  for (const size_t count : {1u, 2u, 10u, 99u, 100u, 20000u}) {
    const std::vector<double> values = durations(count, count);
    QuantileSketch sketch;
    for (const double value : values) sketch.add(value);
    EXPECT_EQ(sketch.count(), count);
    for (const double q : kQuantiles) {
      const double exact = nearest_rank(values, q);
      EXPECT_NEAR(*sketch.quantile(q), exact, exact * 0.01000001) << count << " values, q " << q;
    }
  }
}

TEST(QuantileSketch, TheBoundHoldsAtTheEdgesOfEveryBucket) {
  for (double value = 1.1e-6; value < 0.9e9; value *= 1.00713) {
    const size_t bucket = SketchBuckets::of(value);
    ASSERT_LT(bucket, SketchBuckets::kCount - 1) << value;
    ASSERT_NEAR(SketchBuckets::value(bucket), value, value * 0.01000001) << value;
  }
}

TEST(QuantileSketch, MergedIsTheSketchOfAllValues) {
  QuantileSketch all, left, right;
  for (const double value : durations(1, 500)) all.add(value), left.add(value);
  for (const double value : durations(2, 300)) all.add(value), right.add(value);
  left.merge(right);
  left.merge(QuantileSketch());
  QuantileSketch from_empty;
  from_empty.merge(left);
  for (const QuantileSketch* merged : {&left, &from_empty}) {
    EXPECT_EQ(merged->count(), 800u);
    EXPECT_NEAR(merged->sum(), all.sum(), all.sum() * 1e-12);
    EXPECT_EQ(merged->min(), all.min());
    EXPECT_EQ(merged->max(), all.max());
    for (const double q : kQuantiles) EXPECT_EQ(*merged->quantile(q), *all.quantile(q));
  }
}

TEST(QuantileSketch, EmptyAndAbsurdValues) {
  QuantileSketch sketch;
  EXPECT_FALSE(sketch.quantile(0.5).has_value());
  sketch.add(0);
  sketch.add(-1);  // a clock that ran backwards
  EXPECT_LE(*sketch.quantile(1), 1e-6);
  sketch.add(1e300);
  EXPECT_EQ(*sketch.quantile(1), 1e300);
  EXPECT_EQ(sketch.count(), 3u);
}

TEST(SharedSketch, SixteenThreadsLoseNothing) {
  constexpr size_t kThreads = 16, kEach = 20000;
  SharedSketch shared;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 1; i <= kEach; ++i) shared.add(static_cast<double>(t * kEach + i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  QuantileSketch sketch;
  shared.read_into(sketch);
  constexpr double kAll = kThreads * kEach;
  EXPECT_EQ(sketch.count(), kThreads * kEach);
  EXPECT_EQ(sketch.sum(), kAll * (kAll + 1) / 2);  // whole numbers below 2^53: exact in any order
  EXPECT_EQ(sketch.min(), 1);
  EXPECT_EQ(sketch.max(), kAll);
  for (const double q : {0.5, 0.95, 0.99}) EXPECT_NEAR(*sketch.quantile(q), q * kAll, q * kAll * 0.0101);
}

}  // namespace
}  // namespace wf::test
