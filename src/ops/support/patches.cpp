#include "ops/patches.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/column_tile.h"

namespace wf {
namespace {

int64_t volume(const Position& sizes) { return sizes[0] * sizes[1] * sizes[2]; }

// One row of the grid's innermost dimension, or a part of it.
struct Run {
  Position at;  // the grid position it starts at
  int64_t length;
};

// Calls visit(run, index of the run's first position) for the positions [first, first + count) of the grid.
template <class F>
void for_each_run(const PatchGrid& grid, int64_t first, int64_t count, F&& visit) {
  for (int64_t done = 0; done < count;) {
    const int64_t p = first + done;
    const int64_t line = p / grid.count[2];
    const Run run{{line / grid.count[1], line % grid.count[1], p % grid.count[2]},
                  std::min(count - done, grid.count[2] - p % grid.count[2])};
    visit(run, done);
    done += run.length;
  }
}

// What a run reads of one input plane at one tap, zeros outside.
void read_run(const Tensor& x, int64_t plane, const Position& in, const Run& run, const Position& tap,
              const Position& step, std::span<double> out) {
  Position at;
  for (size_t d = 0; d < 3; ++d) at[d] = run.at[d] * step[d] + tap[d];
  std::ranges::fill(out, 0.0);
  if (at[0] < 0 || at[0] >= in[0] || at[1] < 0 || at[1] >= in[1]) return;
  const int64_t line = plane + (at[0] * in[1] + at[1]) * in[2];
  const int64_t first = at[2] >= 0 ? 0 : (-at[2] + step[2] - 1) / step[2];
  const int64_t end = at[2] >= in[2] ? 0 : std::min(run.length, (in[2] - 1 - at[2]) / step[2] + 1);
  if (first >= end) return;
  if (step[2] == 1) {
    read_doubles(x, line + at[2] + first,
                 out.subspan(static_cast<size_t>(first), static_cast<size_t>(end - first)));
    return;
  }
  for (int64_t i = first; i < end; ++i)
    out[static_cast<size_t>(i)] = read_double(x, line + at[2] + i * step[2]);
}

void write_run(Tensor& out, int64_t plane, const Position& sizes, const PatchGrid& grid, const Run& run,
               std::span<const double> values) {
  Position at;
  for (size_t d = 0; d < 3; ++d) at[d] = grid.out_first[d] + run.at[d] * grid.out_step[d];
  const int64_t first = plane + (at[0] * sizes[1] + at[1]) * sizes[2] + at[2];
  if (grid.out_step[2] == 1) return write_doubles(out, first, values);
  for (size_t i = 0; i < values.size(); ++i) {
    write_doubles(out, first + static_cast<int64_t>(i) * grid.out_step[2], values.subspan(i, 1));
  }
}

}  // namespace

Status convolve(const Evaluation& eval, const Tensor& x, const ConvolutionSizes& sizes, const PatchGrid& grid,
                const ChannelWeights& weights, const Tensor* bias, Tensor& out) {
  const int64_t positions = volume(grid.count);
  const auto taps = static_cast<int64_t>(grid.taps.size());
  if (out.size() == 0 || positions == 0) return {};
  const int64_t in_plane = volume(sizes.in), out_plane = volume(sizes.out);
  WF_TRY(ColumnTile tile, ColumnTile::make(sizes.channels_in * taps, positions));
  WF_TRY(WorkBuffer row, WorkBuffer::make(sizes.channels_in * taps));
  std::vector<double> sums(static_cast<size_t>(tile.columns()));

  const auto gather = [&](int64_t first_plane, int64_t first, int64_t count) {
    for (int64_t c = 0; c < sizes.channels_in; ++c) {
      for (int64_t t = 0; t < taps; ++t) {
        const std::span<double> columns = tile.row(c * taps + t);
        for_each_run(grid, first, count, [&](const Run& run, int64_t done) {
          read_run(x, (first_plane + c) * in_plane, sizes.in, run, grid.taps[static_cast<size_t>(t)],
                   grid.step, columns.subspan(static_cast<size_t>(done), static_cast<size_t>(run.length)));
        });
      }
    }
  };

  for (int64_t each = 0; each < sizes.batch * sizes.groups; ++each) {
    const int64_t group = each % sizes.groups;
    for (int64_t first = 0; first < positions; first += tile.columns()) {
      WF_CHECK(eval.tick());
      const int64_t count = std::min(tile.columns(), positions - first);
      const std::span<double> part(sums.data(), static_cast<size_t>(count));
      gather(each * sizes.channels_in, first, count);
      for (int64_t c = 0; c < sizes.channels_out; ++c) {
        const int64_t channel = group * sizes.channels_out + c;
        weights(channel, row.all());
        tile.multiply(row.all(), part);
        if (bias) {
          const double shift = read_double(*bias, channel);
          for (double& sum : part) sum += shift;
        }
        for_each_run(grid, first, count, [&](const Run& run, int64_t done) {
          write_run(out, (each * sizes.channels_out + c) * out_plane, sizes.out, grid, run,
                    part.subspan(static_cast<size_t>(done), static_cast<size_t>(run.length)));
        });
      }
    }
  }
  return {};
}

Status check_kernel_volume(const Call& call, std::span<const int64_t> kernel) {
  constexpr int64_t kMaxTaps = 1 << 24;
  if (std::ranges::find(kernel, kUnknownSize) != kernel.end()) return {};
  const auto taps = element_count(kernel);
  if (!taps || *taps > kMaxTaps) {
    return call.error(
        fmt::format("a kernel of {} has more taps than the {} supported", to_string(kernel), kMaxTaps));
  }
  return {};
}

}  // namespace wf
