// The inner loop of every sum of products: a few columns of the right-hand matrix as doubles, multiplied by
// one row of the left-hand matrix after the other.
#pragma once

#include "ops/work_buffer.h"

namespace wf {

class ColumnTile {
 public:
  // A tile of `inner` rows and as many columns as stay small, at most `columns`.
  static Result<ColumnTile> make(int64_t inner, int64_t columns);

  int64_t inner() const { return inner_; }
  int64_t columns() const { return columns_; }
  // Row k; its columns() entries are to be filled before multiply().
  std::span<double> row(int64_t k) { return buffer_.part(k * pitch_, columns_); }

  // sums[j] = sum over k of left[k] * row(k)[j], for as many j as sums has room for, at most columns().
  void multiply(std::span<const double> left, std::span<double> sums);

 private:
  int64_t inner_ = 0, columns_ = 0;
  int64_t pitch_ = 0;  // columns_ rounded up to whole lanes
  WorkBuffer buffer_;
};

}  // namespace wf
