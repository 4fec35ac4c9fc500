// The last few hundred measured durations, and their percentiles.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

namespace wf {

class LatencyWindow {
 public:
  void add(double milliseconds) {
    const std::lock_guard lock(mutex_);
    samples_[next_] = milliseconds;
    next_ = (next_ + 1) % samples_.size();
    count_ = std::min(count_ + 1, samples_.size());
  }

  // Nearest rank: the smallest sample that at least `fraction` of the samples do not exceed. Nothing before
  // the first.
  std::optional<double> percentile(double fraction) const {
    std::vector<double> sorted;
    {
      const std::lock_guard lock(mutex_);
      sorted.assign(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(count_));
    }
    if (sorted.empty()) return std::nullopt;
    std::ranges::sort(sorted);
    // The small step back keeps 0.99 * 100 at rank 99 whatever its rounding.
    const auto rank = static_cast<size_t>(fraction * static_cast<double>(sorted.size()) - 1e-9);
    return sorted[std::min(rank, sorted.size() - 1)];
  }

 private:
  mutable std::mutex mutex_;
  std::array<double, 512> samples_{};
  size_t next_ = 0, count_ = 0;
};

}  // namespace wf
