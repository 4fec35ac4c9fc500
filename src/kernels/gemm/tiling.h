// How a product is cut into tasks for threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/gemm/packed_matrix.h"

namespace wf {

inline int64_t divided(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The height of tiles that cover `rows` evenly: 49 rows are five tiles of ten or nine, not four of twelve and
// one of one, for which every panel would be read as well.
inline int64_t even_height(int64_t rows, int64_t most) {
  return rows <= most ? std::max<int64_t>(1, rows) : divided(rows, divided(rows, most));
}

// A block of rows of the left operand stays in the second-level cache while the panels pass by.
inline constexpr int64_t kRowBlockBytes = 256 << 10;
// Fewer multiplications than this are not worth another thread's attention (some ten microseconds).
inline constexpr int64_t kWorthATask = 1 << 20;

struct Tiling {
  int64_t rows_per_task, panels_per_task;
  int64_t row_tasks, panel_tasks;
  int64_t tasks() const { return row_tasks * panel_tasks; }
};

// Rectangles that are large enough to be worth handing over and many enough to share out evenly. The sums do
// not depend on the tiling, so neither do the bits on the number of threads.
inline Tiling tiling_of(int64_t rows, int64_t tile_rows, const PackedMatrix& b, int threads) {
  Tiling t{};
  const int64_t panels = std::max<int64_t>(1, b.panels());
  const int64_t row_bytes = std::max<int64_t>(1, b.inner * 4);
  t.rows_per_task = std::max<int64_t>(1, kRowBlockBytes / row_bytes / tile_rows) * tile_rows;
  t.panels_per_task = panels;
  const int64_t worth = std::max<int64_t>(1, rows * b.inner * b.columns / kWorthATask);
  const int64_t wanted = threads == 1 ? 1 : std::min<int64_t>(threads * 4, worth);
  t.row_tasks = std::clamp<int64_t>(divided(rows, t.rows_per_task), 1, std::max<int64_t>(1, rows));
  t.row_tasks = std::min(std::max(t.row_tasks, wanted), std::max<int64_t>(1, divided(rows, tile_rows)));
  t.rows_per_task = std::max<int64_t>(1, divided(rows, t.row_tasks));
  t.row_tasks = std::max<int64_t>(1, divided(rows, t.rows_per_task));
  if (t.row_tasks < wanted) t.panels_per_task = divided(panels, divided(wanted, t.row_tasks));
  t.panel_tasks = divided(panels, t.panels_per_task);
  return t;
}

}  // namespace wf
