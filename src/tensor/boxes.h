// Axis-aligned boxes with scores, and the choice of those that do not overlap (non-maximum suppression).
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/error.h"

namespace wf {

struct ScoredBox {
  int64_t index = 0;  // in the caller's list
  int64_t best_class = 0;
  double score = -std::numeric_limits<double>::infinity();
  double left = 0, right = 0, top = 0, bottom = 0;

  void place(double center_x, double center_y, double width, double height) {
    left = center_x - width / 2;
    right = center_x + width / 2;
    top = center_y - height / 2;
    bottom = center_y + height / 2;
  }
  // Keeps the class if it is the best so far; NaN never is.
  void offer(int64_t of_class, double of_score) {
    if (!(of_score > score)) return;
    score = of_score;
    best_class = of_class;
  }
};

// Intersection over union; 0 for boxes without area.
inline double overlap(const ScoredBox& a, const ScoredBox& b) {
  const double width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const double height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  const double shared = std::max(width, 0.0) * std::max(height, 0.0);
  const double both =
      (a.right - a.left) * (a.bottom - a.top) + (b.right - b.left) * (b.bottom - b.top) - shared;
  return both > 0 ? shared / both : 0;
}

// Best score first; equal scores keep their order.
inline void rank_boxes(std::vector<ScoredBox>& boxes) {
  std::ranges::sort(boxes, [](const ScoredBox& a, const ScoredBox& b) {
    return a.score != b.score ? a.score > b.score : a.index < b.index;
  });
}

struct SuppressionRule {
  double iou;                // a box that overlaps a kept one by more is dropped
  double score;              // so is a box that scores less
  size_t most;               // boxes kept
  bool per_class;            // only kept boxes of the same best class suppress
  bool equal_drops = false;  // an overlap that equals `iou` in fp32 drops the box, too, unless both are 0

  bool drops(double overlap) const {
    if (equal_drops && overlap > 0 && static_cast<float>(overlap) == static_cast<float>(iou)) return true;
    return overlap > iou;
  }
};

// Of ranked boxes, the ones to keep. `tick` is asked for each box and may stop the work.
template <class Tick>
Result<std::vector<ScoredBox>> kept_boxes(const std::vector<ScoredBox>& ranked, const SuppressionRule& rule,
                                          Tick&& tick) {
  std::vector<ScoredBox> kept;
  for (const ScoredBox& next : ranked) {
    if (kept.size() >= rule.most || next.score < rule.score) break;
    WF_CHECK(tick());
    const bool suppressed = std::ranges::any_of(kept, [&](const ScoredBox& better) {
      return (!rule.per_class || better.best_class == next.best_class) && rule.drops(overlap(better, next));
    });
    if (!suppressed) kept.push_back(next);
  }
  return kept;
}

}  // namespace wf
