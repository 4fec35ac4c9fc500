#include "kernels/conv/winograd.h"

#include <algorithm>

#include "base/float16.h"
#include "kernels/gemm/tiling.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/winograd.cpp"
#include "kernels/targets-inl.h"
// It comes after that: once for each instruction set.
#include "kernels/conv/epilogue-inl.h"

#ifndef WF_KERNELS_CONV_WINOGRAD_TYPES
#define WF_KERNELS_CONV_WINOGRAD_TYPES
namespace wf {
namespace {

// The polynomials are interpolated at 0, +-kA, +-kB and infinity. Of the exact binary fractions tried these
// gave the smallest errors: a quarter of those of the usual 1 and 2.
constexpr float kA = 0.625F, kB = 1.5F;

// A tile of the output: its image, its upper left pixel.
struct TilePlace {
  int64_t image, top, left;
};

// Sums of a tile computed directly, for `count` channels from `channel` on: at[pixel of the tile * stride +
// i].
void direct_sums(const WinogradConvolution& w, const float* x, const TilePlace& tile, int64_t channel,
                 int64_t count, float* at, int64_t stride) {
  const Convolution& c = w.shape;
  const SpatialWindow &height = c.windows[1], &width = c.windows[2];
  const auto weight = [&](int64_t i) {
    return w.half ? half_to_float(static_cast<const uint16_t*>(w.kernels)[i])
                  : static_cast<const float*>(w.kernels)[i];
  };
  for (int64_t pixel = 0; pixel < kWinogradTile * kWinogradTile; ++pixel) {
    const int64_t top = tile.top + pixel / kWinogradTile - height.before;
    const int64_t left = tile.left + pixel % kWinogradTile - width.before;
    for (int64_t k = 0; k < count; ++k) {
      float sum = 0;
      for (int64_t tap = 0; tap < 9; ++tap) {
        const int64_t h = top + tap / 3, v = left + tap % 3;
        const bool is_inside = h >= 0 && h < height.in && v >= 0 && v < width.in;
        const float* row = x + ((tile.image * height.in + h) * width.in + v) * c.in_channels;
        for (int64_t i = 0; i < c.in_channels; ++i) {
          sum += (is_inside ? row[i] : 0.0f) * weight(((channel + k) * c.in_channels + i) * 9 + tap);
        }
      }
      at[pixel * stride + k] = sum;
    }
  }
}

}  // namespace
}  // namespace wf
#endif

HWY_BEFORE_NAMESPACE();
namespace wf::HWY_NAMESPACE {
namespace {

HWY_INLINE V times(float factor, V value, V sum) { return hn::MulAdd(all(factor), value, sum); }

// One line of six input values: the transposed B of the paper.
HWY_INLINE void input_line(const V (&d)[6], V (&to)[6]) {
  const V even_a = times(-kB * kB, d[2], d[4]), odd_a = times(-kB * kB, d[1], d[3]);
  const V even_b = times(-kA * kA, d[2], d[4]), odd_b = times(-kA * kA, d[1], d[3]);
  to[0] = times(kA * kA * kB * kB, d[0], times(-(kA * kA + kB * kB), d[2], d[4]));
  to[1] = times(kA, odd_a, even_a);
  to[2] = times(-kA, odd_a, even_a);
  to[3] = times(kB, odd_b, even_b);
  to[4] = times(-kB, odd_b, even_b);
  to[5] = times(kA * kA * kB * kB, d[1], times(-(kA * kA + kB * kB), d[3], d[5]));
}

// Six products to four sums: the transposed A.
HWY_INLINE void output_line(const V (&m)[6], V (&to)[4]) {
  const V even_a = hn::Add(m[1], m[2]), odd_a = hn::Sub(m[1], m[2]);
  const V even_b = hn::Add(m[3], m[4]), odd_b = hn::Sub(m[3], m[4]);
  to[0] = hn::Add(m[0], hn::Add(even_a, even_b));
  to[1] = times(kA, odd_a, hn::Mul(all(kB), odd_b));
  to[2] = times(kA * kA, even_a, hn::Mul(all(kB * kB), even_b));
  to[3] = times(kA * kA * kA, odd_a, times(kB * kB * kB, odd_b, m[5]));
}

}  // namespace

// The 36 input pixels of a tile, found by `rows`, to `to[position * position_stride + channel]`.
void winograd_input(const float* const* rows, int64_t channels, float* to, int64_t position_stride) {
  for (int64_t first = 0; first < channels; first += kLanes) {
    const int64_t count = channels - first;
    V columns[6][6];
    for (int j = 0; j < 6; ++j) {
      V line[6], out[6];
      for (int i = 0; i < 6; ++i) line[i] = load_first(rows[i * 6 + j] + first, count);
      input_line(line, out);
      for (int i = 0; i < 6; ++i) columns[i][j] = out[i];
    }
    for (int i = 0; i < 6; ++i) {
      V out[6];
      input_line(columns[i], out);
      for (int j = 0; j < 6; ++j) store_first(out[j], to + (i * 6 + j) * position_stride + first, count);
    }
  }
}

// The products of a tile, `products[position * position_stride + column]`, to pixels of the output. `columns`
// of a panel that begins at `channel`.
void winograd_output(const WinogradConvolution& w, const ConvolutionIo& io, const TilePlace& tile,
                     const float* products, int64_t position_stride, int64_t channel, int64_t columns) {
  const Convolution& c = w.shape;
  const int64_t height = std::min(kWinogradTile, c.windows[1].out - tile.top);
  const int64_t width = std::min(kWinogradTile, c.windows[2].out - tile.left);
  for (int64_t first = 0; first < columns; first += kLanes) {
    const int64_t count = std::min<int64_t>(kLanes, columns - first);
    V lines[4][6];
    for (int j = 0; j < 6; ++j) {
      V column[6], out[4];
      for (int i = 0; i < 6; ++i) column[i] = load(products + (i * 6 + j) * position_stride + first);
      output_line(column, out);
      for (int i = 0; i < 4; ++i) lines[i][j] = out[i];
    }
    V pixels[4][4];
    V total = hn::Zero(kFloats);
    for (int i = 0; i < 4; ++i) {
      output_line(lines[i], pixels[i]);
      for (int j = 0; j < 4; ++j) total = hn::Add(total, pixels[i][j]);
    }
    if (!hn::AllTrue(kFloats, hn::IsFinite(total))) {
      float sums[16 * kLanes] = {};
      direct_sums(w, static_cast<const float*>(io.x), tile, channel + first, count, sums, kLanes);
      for (int k = 0; k < 16; ++k) pixels[k / 4][k % 4] = load(sums + k * kLanes);
    }
    for (int64_t i = 0; i < height; ++i) {
      for (int64_t j = 0; j < width; ++j) {
        const int64_t pixel =
            (tile.image * c.windows[1].out + tile.top + i) * c.windows[2].out + tile.left + j;
        const Channels channels{channel + first, count};
        store_first(finish(pixels[i][j], io.epilogue, pixel, channels),
                    io.out + pixel * c.out_channels + channels.first, count);
      }
    }
  }
}

}  // namespace wf::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace wf {
namespace {

// What the transformed input of the tiles at hand may take: it stays in the second-level cache while the
// panels pass by.
constexpr int64_t kInputBytes = 384 << 10;
constexpr int64_t kMostTiles = 96;

int64_t tiles_at_once(const Convolution& c) {
  const int64_t bytes = kWinogradPositions * c.in_channels * static_cast<int64_t>(sizeof(float));
  return std::clamp<int64_t>(kInputBytes / std::max<int64_t>(1, bytes) / kMostTileRows * kMostTileRows,
                             kMostTileRows, kMostTiles);
}

int64_t tile_rows(const Convolution& c) { return divided(c.windows[1].out, kWinogradTile); }
int64_t tile_columns(const Convolution& c) { return divided(c.windows[2].out, kWinogradTile); }

// Where the 36 input pixels of a tile lie.
void find_input(const Convolution& c, const ConvolutionIo& io, const TilePlace& tile, const float** rows) {
  const SpatialWindow &height = c.windows[1], &width = c.windows[2];
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t j = 0; j < 6; ++j) {
      const int64_t h = tile.top - height.before + i, v = tile.left - width.before + j;
      const bool is_inside = h >= 0 && h < height.in && v >= 0 && v < width.in;
      rows[i * 6 + j] = is_inside ? static_cast<const float*>(io.x) +
                                        ((tile.image * height.in + h) * width.in + v) * c.in_channels
                                  : static_cast<const float*>(io.zeros);
    }
  }
}

// `count` lines of `inner` elements times one panel.
void multiply_lines(const TileKernels& kernels, const float* lines, int64_t count, const PackedMatrix& b,
                    int64_t panel, float* out) {
  const void* rows[kMostTileRows];
  const TileEpilogue none;
  const int64_t height = even_height(count, kernels.rows);
  for (int64_t first = 0; first < count; first += height) {
    const int64_t now = std::min(height, count - first);
    for (int64_t r = 0; r < now; ++r) rows[r] = lines + (first + r) * b.inner;
    kernels.of_rows[now](rows, 1, b.inner, b.panel(panel), out + first * b.width, b.width, b.width, none);
  }
}

}  // namespace

std::array<float, kWinogradPositions> winograd_factors(std::span<const float, 9> kernel) {
  constexpr double a = kA, b = kB;
  constexpr double at_a = 1 / (2 * a * a * (a * a - b * b)), at_b = 1 / (2 * b * b * (b * b - a * a));
  constexpr double kG[6][3] = {{1 / (a * a * b * b), 0, 0},     {at_a, a * at_a, a * a * at_a},
                               {at_a, -a * at_a, a * a * at_a}, {at_b, b * at_b, b * b * at_b},
                               {at_b, -b * at_b, b * b * at_b}, {0, 0, 1}};
  std::array<float, kWinogradPositions> factors{};
  for (size_t i = 0; i < 6; ++i) {
    for (size_t j = 0; j < 6; ++j) {
      double sum = 0;
      for (size_t k = 0; k < 3; ++k) {
        for (size_t l = 0; l < 3; ++l) sum += kG[i][k] * kG[j][l] * double{kernel[k * 3 + l]};
      }
      factors[i * 6 + j] = static_cast<float>(sum);
    }
  }
  return factors;
}

int64_t winograd_tiles(const Convolution& c) { return c.batch * tile_rows(c) * tile_columns(c); }

int64_t winograd_scratch_bytes(const WinogradConvolution& w) {
  const int64_t width = w.shape.weights[0]->width;
  return kWinogradPositions * tiles_at_once(w.shape) * (w.shape.in_channels + width) *
         static_cast<int64_t>(sizeof(float));
}

void convolve_winograd(Isa isa, const WinogradConvolution& w, const ConvolutionIo& io, ThreadPool& pool) {
  const Convolution& c = w.shape;
  if (c.out_pixels() == 0 || c.out_channels == 0) return;
  const auto input = WF_FOR_ISA(isa, winograd_input);
  const auto output = WF_FOR_ISA(isa, winograd_output);
  const int64_t most = tiles_at_once(c), across = tile_columns(c), panels = c.weights[0]->panels();
  const int64_t panel_width = c.weights[0]->width;
  // A task is some whole rows of tiles of an image: its pixels are neighbours in memory.
  const int64_t wanted = pool.threads() == 1 ? 1 : divided(pool.threads() * 3, c.batch);
  const int64_t rows_per_task =
      std::min(std::max<int64_t>(1, most / across), std::max<int64_t>(1, tile_rows(c) / wanted));
  const int64_t tasks_per_image = divided(tile_rows(c), rows_per_task);
  const int64_t scratch_bytes = aligned_size(winograd_scratch_bytes(w));
  pool.for_each(c.batch * tasks_per_image, [&](int64_t task, int worker) {
    const int64_t image = task / tasks_per_image, first_row = task % tasks_per_image * rows_per_task;
    const int64_t last_row = std::min(tile_rows(c), first_row + rows_per_task);
    const auto place = [&](int64_t tile) {
      return TilePlace{image, (first_row + tile / across) * kWinogradTile, tile % across * kWinogradTile};
    };
    float* lines = reinterpret_cast<float*>(io.scratch + worker * scratch_bytes);
    float* products = lines + kWinogradPositions * most * c.in_channels;
    const int64_t tiles = (last_row - first_row) * across;
    for (int64_t first = 0; first < tiles; first += most) {
      const int64_t count = std::min(most, tiles - first);
      for (int64_t t = 0; t < count; ++t) {
        const float* rows[kWinogradPositions];
        find_input(c, io, place(first + t), rows);
        input(rows, c.in_channels, lines + t * c.in_channels, count * c.in_channels);
      }
      for (int64_t panel = 0; panel < panels; ++panel) {
        for (int64_t p = 0; p < kWinogradPositions; ++p) {
          const PackedMatrix& b = *c.weights[static_cast<size_t>(p)];
          multiply_lines(tile_kernels(isa, b.element), lines + p * count * c.in_channels, count, b, panel,
                         products + p * count * panel_width);
        }
        const int64_t channel = panel * panel_width;
        for (int64_t t = 0; t < count; ++t) {
          output(w, io, place(first + t), products + t * panel_width, count * panel_width, channel,
                 std::min(panel_width, c.out_channels - channel));
        }
      }
    }
    if (io.after) {
      const int64_t top = first_row * kWinogradTile;
      const int64_t bottom = std::min(last_row * kWinogradTile, c.windows[1].out);
      io.after->run((image * c.windows[1].out + top) * c.windows[2].out, (bottom - top) * c.windows[2].out, 0,
                    c.out_channels, worker);
    }
  });
}

}  // namespace wf
#endif
