#include "kernels/conv/convolution.h"

#include <algorithm>

#include "kernels/conv/pixel_rows.h"
#include "kernels/gemm/tiling.h"

namespace wf {
namespace {

// Pointers to the rows of one block; more would crowd out what they point to.
constexpr int64_t kPointerBytes = 64 << 10;

Tiling tiling(Isa isa, const Convolution& c, int threads) {
  const int64_t pixels = c.out_pixels();
  int64_t in_pixels = c.batch;
  for (const SpatialWindow& w : c.windows) in_pixels *= w.in;
  const int64_t bytes = in_pixels * c.in_channels * left_element_bytes(c.weights[0]->element);
  const LeftOperand left{pixels, divided(bytes, std::max<int64_t>(1, pixels)),
                         kPointerBytes / (c.taps() * static_cast<int64_t>(sizeof(const void*)))};
  return tiling_of(left, tile_kernels(isa, c.weights[0]->element).rows, *c.weights[0], threads);
}

}  // namespace

int64_t convolution_scratch_bytes(Isa isa, const Convolution& c, int threads) {
  return c.taps() * tiling(isa, c, threads).rows_per_task * static_cast<int64_t>(sizeof(const void*));
}

void convolve(Isa isa, const Convolution& c, const ConvolutionIo& io, ThreadPool& pool) {
  const int64_t pixels = c.out_pixels();
  if (pixels == 0 || c.out_channels == 0) return;
  const TileKernels& tiles = tile_kernels(isa, c.weights[0]->element);
  const Tiling t = tiling(isa, c, pool.threads());
  const int64_t scratch_bytes = aligned_size(convolution_scratch_bytes(isa, c, pool.threads()));
  const int64_t taps = c.taps();
  // Rows of the kernel as single taps: fewer and longer inner loops, which is much where channels are few.
  // The sums are the same, in the same order. (bf16 panels hold pairs of rows of one tap.)
  const SpatialWindow& across = c.windows[2];
  const bool may_run = c.groups == 1 && across.kernel > 1 && across.dilation == 1 &&
                       c.weights[0]->element != WeightElement::kBfloat;
  const int64_t kernel_rows = may_run ? taps / across.kernel : taps, run = across.kernel * c.in_channels;
  const int64_t out_stride = c.groups * c.out_channels;
  pool.for_each(c.groups * t.tasks(), [&](int64_t task, int worker) {
    const int64_t group = task / t.tasks();
    const int64_t part = task % t.tasks();
    const PackedMatrix& b = *c.weights[static_cast<size_t>(group)];
    const int64_t first = part / t.panel_tasks * t.rows_per_task;
    const int64_t last = std::min(pixels, first + t.rows_per_task);
    const int64_t first_panel = part % t.panel_tasks * t.panels_per_task;
    const int64_t last_panel = std::min(b.panels(), first_panel + t.panels_per_task);
    auto** rows = reinterpret_cast<const void**>(io.scratch + worker * scratch_bytes);
    const PixelRows pixel_rows(c, io.x, io.zeros, group * c.in_channels, c.groups * c.in_channels,
                               left_element_bytes(b.element));
    const int64_t tile_height = even_height(last - first, tiles.rows);
    const auto runs = [&](int64_t pixel, int64_t count) {
      return may_run && pixel_rows.has_runs(pixel, count);
    };
    for (int64_t pixel = first; pixel < last; pixel += tile_height) {
      const int64_t count = std::min(tile_height, last - pixel);
      const void** at = rows + (pixel - first) * taps;
      runs(pixel, count) ? pixel_rows.write_runs(pixel, count, at) : pixel_rows.write(pixel, count, at);
    }
    for (int64_t panel = first_panel; panel < last_panel; ++panel) {
      const int64_t in_group = panel * b.width;
      const int64_t column = group * c.out_channels + in_group;
      const int64_t columns = std::min(b.width, c.out_channels - in_group);
      for (int64_t pixel = first; pixel < last; pixel += tile_height) {
        const int64_t count = std::min(tile_height, last - pixel);
        TileEpilogue epilogue = io.epilogue;
        if (epilogue.scale) epilogue.scale += column;
        if (epilogue.bias) epilogue.bias += column;
        if (epilogue.residual) epilogue.residual += pixel * epilogue.residual_stride + column;
        const bool in_runs = runs(pixel, count);
        tiles.of_rows[count](rows + (pixel - first) * taps, in_runs ? kernel_rows : taps,
                             in_runs ? run : c.in_channels, b.panel(panel),
                             io.out + pixel * out_stride + column, out_stride, columns, epilogue);
      }
    }
    if (io.after) {
      const int64_t column = group * c.out_channels + first_panel * b.width;
      const int64_t columns = std::min(last_panel * b.width, c.out_channels) - first_panel * b.width;
      io.after->run(first, last - first, column, columns, worker);
    }
  });
}

}  // namespace wf
