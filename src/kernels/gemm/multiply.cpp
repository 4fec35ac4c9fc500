#include "kernels/gemm/multiply.h"

#include <algorithm>

#include "kernels/gemm/tiling.h"

namespace wf {
namespace {

// Rows [first, first + count) by panels [panel, last).
void multiply_rectangle(const Product& p, const TileKernels& tiles, int64_t first, int64_t count,
                        int64_t panel, int64_t last) {
  const PackedMatrix& b = *p.b;
  const void* rows[kMostTileRows];
  const auto* a = static_cast<const std::byte*>(p.a);
  const int64_t row_bytes = p.a_stride * left_element_bytes(b.element);
  const int64_t tile_height = even_height(count, tiles.rows);
  for (; panel < last; ++panel) {
    const int64_t column = panel * b.width;
    const int64_t columns = std::min(b.width, b.columns - column);
    for (int64_t row = first; row < first + count; row += tile_height) {
      const int64_t height = std::min(tile_height, first + count - row);
      for (int64_t r = 0; r < height; ++r) rows[r] = a + (row + r) * row_bytes;
      TileEpilogue epilogue = p.epilogue;
      if (epilogue.scale) epilogue.scale += column;
      if (epilogue.bias) epilogue.bias += column;
      if (epilogue.residual) epilogue.residual += row * epilogue.residual_stride + column;
      tiles.of_rows[height](rows, 1, b.inner, b.panel(panel), p.out + row * p.out_stride + column,
                            p.out_stride, columns, epilogue);
    }
  }
}

}  // namespace

void multiply(Isa isa, const Product& p, ThreadPool& pool) {
  const PackedMatrix& b = *p.b;
  if (p.rows == 0 || b.columns == 0) return;
  const TileKernels& tiles = tile_kernels(isa, b.element);
  const Tiling t =
      tiling_of({p.rows, b.inner * left_element_bytes(b.element), p.rows}, tiles.rows, b, pool.threads());
  pool.for_each(t.row_tasks * t.panel_tasks, [&](int64_t task, int worker) {
    const int64_t first = task / t.panel_tasks * t.rows_per_task;
    const int64_t count = std::min(t.rows_per_task, p.rows - first);
    const int64_t panel = task % t.panel_tasks * t.panels_per_task;
    const int64_t last = std::min(panel + t.panels_per_task, b.panels());
    multiply_rectangle(p, tiles, first, count, panel, last);
    if (p.after) {
      const int64_t column = panel * b.width;
      p.after->run(first, count, column, std::min(last * b.width, b.columns) - column, worker);
    }
  });
}

int64_t batched_scratch_bytes(Isa isa, const BatchedProduct& p) {
  const int64_t left = p.a_inner_stride == 1 ? 0 : aligned_size(p.rows * p.inner * 4);
  return left + aligned_size(packed_bytes(isa, p.inner, p.columns, false));
}

void multiply_batched(Isa isa, const BatchedProduct& p,
                      const std::function<BatchedProduct::Place(int64_t)>& place, ThreadPool& pool) {
  if (p.rows == 0 || p.columns == 0) return;
  const TileKernels& tiles = tile_kernels(isa);
  const int64_t scratch_bytes = batched_scratch_bytes(isa, p);
  const int64_t width = panel_width(isa);
  const int64_t panel_elements = p.inner * width;
  // Few large products are split by their panels, each task packing only its own.
  const int64_t panels = divided(p.columns, width);
  const int64_t wanted = divided(pool.threads() * 4, std::max<int64_t>(1, p.count));
  const bool is_large = p.rows * p.inner * p.columns > 4 * kWorthATask && p.a_inner_stride == 1;
  const int64_t parts = pool.threads() > 1 && is_large ? std::min(panels, wanted) : 1;
  const int64_t panels_per_part = divided(panels, parts);
  pool.for_each(p.count * parts, [&](int64_t task, int worker) {
    BatchedProduct::Place at = place(task / parts);
    const int64_t first_panel = task % parts * panels_per_part;
    const int64_t end_panel = std::min(panels, first_panel + panels_per_part);
    if (first_panel >= end_panel) return;
    std::byte* scratch = p.scratch + worker * scratch_bytes;
    int64_t a_row_stride = p.a_row_stride;
    if (p.a_inner_stride != 1) {  // a transposed left operand becomes rows
      float* rows = reinterpret_cast<float*>(scratch);
      for (int64_t i = 0; i < p.inner; ++i) {
        for (int64_t r = 0; r < p.rows; ++r) {
          rows[r * p.inner + i] = at.a[r * p.a_row_stride + i * p.a_inner_stride];
        }
      }
      scratch += aligned_size(p.rows * p.inner * 4);
      at.a = rows;
      a_row_stride = p.inner;
    }
    const int64_t first_column = first_panel * width;
    const int64_t columns = std::min(end_panel * width, p.columns) - first_column;
    pack_into(isa, {at.b + first_column * p.b_column_stride, false, p.b_inner_stride, p.b_column_stride},
              p.inner, columns, scratch);
    const void* rows[kMostTileRows];
    const TileEpilogue none;
    for (int64_t panel = 0; panel < end_panel - first_panel; ++panel) {
      const float* packed = reinterpret_cast<const float*>(scratch) + panel * panel_elements;
      const int64_t column = (first_panel + panel) * width;
      const int64_t tile_height = even_height(p.rows, tiles.rows);
      for (int64_t row = 0; row < p.rows; row += tile_height) {
        const int64_t height = std::min(tile_height, p.rows - row);
        for (int64_t r = 0; r < height; ++r) rows[r] = at.a + (row + r) * a_row_stride;
        tiles.of_rows[height](rows, 1, p.inner, packed, at.out + row * p.out_stride + column, p.out_stride,
                              std::min(width, p.columns - column), none);
      }
    }
  });
}

}  // namespace wf
