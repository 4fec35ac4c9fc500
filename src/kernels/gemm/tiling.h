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

// The left operand as the cache sees it: how many bytes a row costs, how many rows may be in a block.
struct LeftOperand {
  int64_t rows = 0, row_bytes = 1, most_rows = 1;
};

// Rectangles that are large enough to be worth handing over and many enough to share out evenly. The larger
// operand is cut, so that the smaller one is what is read again. The sums do not depend on the tiling, so
// neither do the bits on the number of threads.
inline Tiling tiling_of(const LeftOperand& left, int64_t tile_rows, const PackedMatrix& b, int threads) {
  const int64_t rows = std::max<int64_t>(1, left.rows), panels = std::max<int64_t>(1, b.panels());
  const int64_t worth = std::max<int64_t>(1, rows * b.inner * b.columns / kWorthATask);
  const int64_t wanted = threads == 1 ? 1 : std::min<int64_t>(threads * 4, worth);
  const int64_t cached = kRowBlockBytes / std::max<int64_t>(1, left.row_bytes);
  const int64_t block = std::max<int64_t>(1, std::min(cached, left.most_rows) / tile_rows) * tile_rows;
  Tiling t{};
  t.row_tasks = divided(rows, block);
  if (rows * left.row_bytes >= panels * b.panel_bytes()) t.row_tasks = std::max(t.row_tasks, wanted);
  t.row_tasks = std::min(t.row_tasks, divided(rows, tile_rows));
  t.rows_per_task = divided(rows, t.row_tasks);
  t.row_tasks = divided(rows, t.rows_per_task);
  t.panels_per_task = t.row_tasks < wanted ? divided(panels, divided(wanted, t.row_tasks)) : panels;
  t.panel_tasks = divided(panels, t.panels_per_task);
  return t;
}

}  // namespace wf
