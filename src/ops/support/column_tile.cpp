#include "ops/column_tile.h"

#include <algorithm>

#include "base/checked_math.h"

namespace wf {
namespace {

constexpr int64_t kLanes = 8;  // columns whose sums stay in registers together
constexpr int64_t kMaxColumns = 64;
constexpr int64_t kGoodElements = 1 << 18;  // 2 MB: stays in the second-level cache

}  // namespace

Result<ColumnTile> ColumnTile::make(int64_t inner, int64_t columns) {
  ColumnTile tile;
  tile.inner_ = inner;
  const int64_t fitting = kGoodElements / std::max<int64_t>(inner, 1) / kLanes * kLanes;
  tile.columns_ = std::min(columns, std::clamp(fitting, kLanes, kMaxColumns));
  tile.pitch_ = (tile.columns_ + kLanes - 1) / kLanes * kLanes;
  const auto elements = checked_mul(inner, tile.pitch_);
  WF_REQUIRE(elements, kInvalidArgument, "the inner dimension is too large");
  WF_TRY(tile.buffer_, WorkBuffer::make(*elements));
  return tile;
}

void ColumnTile::multiply(std::span<const double> left, std::span<double> sums) {
  const auto wanted = static_cast<int64_t>(sums.size());
  for (int64_t first = 0; first < wanted; first += kLanes) {
    double lane[kLanes] = {};
    const double* row = buffer_.data() + first;
    for (const double factor : left) {
      for (int64_t j = 0; j < kLanes; ++j) lane[j] += factor * row[j];
      row += pitch_;
    }
    const int64_t count = std::min(kLanes, wanted - first);
    std::copy_n(lane, count, sums.begin() + first);
  }
}

}  // namespace wf
