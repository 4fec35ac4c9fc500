// Quantiles of any number of durations in fixed memory, within 1 % of the true value.
//
// DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
// guarantees", VLDB 2019): bucket i counts the values in (g^(i-1), g^i] with g = (1+a)/(1-a), so that
// 2 g^i / (g+1) is within the fraction a of each of them. Two sketches merge by adding their buckets, with no
// loss: the merged one is the sketch of all values.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace wf {

// Where buckets lie; the same for every sketch, so that any two can be merged. Values are milliseconds.
struct SketchBuckets {
  static constexpr double kRelativeError = 0.01;
  // What lies outside [a nanosecond, eleven days] is counted in the first or last bucket: below, the answer
  // is off by less than a nanosecond; above, it is the largest value seen.
  static constexpr double kLowest = 1e-6, kHighest = 1e9;
  static constexpr size_t kCount = 1730;

  static size_t of(double value);
  static double value(size_t bucket);
};

// One thread's sketch, and what a shared one is read into.
class QuantileSketch {
 public:
  void add(double value);
  void merge(const QuantileSketch& other);

  uint64_t count() const { return count_; }
  double sum() const { return sum_; }
  double min() const { return min_; }  // 0 while empty, as is max()
  double max() const { return max_; }

  // Nearest rank: within 1 % of the smallest value that at least the fraction `q` of the values do not
  // exceed. Nothing while empty.
  std::optional<double> quantile(double q) const;

 private:
  friend class SharedSketch;
  void widen(double low, double high);

  std::vector<uint64_t> buckets_;  // empty, or kCount
  uint64_t count_ = 0;
  double sum_ = 0, min_ = 0, max_ = 0;
};

// The same, added to by any number of threads at once without a lock: every value counts exactly once. A
// reading taken while others add may miss what is being added at that moment.
class SharedSketch {
 public:
  void add(double value);
  void read_into(QuantileSketch& sketch) const;  // merged into it

 private:
  std::array<std::atomic<uint64_t>, SketchBuckets::kCount> buckets_{};
  std::atomic<double> sum_{0};
  std::atomic<double> min_{SketchBuckets::kHighest * 1e9}, max_{0};
};

}  // namespace wf
