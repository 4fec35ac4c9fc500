// Where a convolution's output pixels find their input.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv/convolution.h"

namespace wf {

// Where pixel p finds its input for tap k of a row of the kernel. In runs: rows[kernel row] is that of pixel
// 0 and tap 0, the others are steps away. Else each tap is a row of its own: rows[kernel row * P + p].
struct DepthwiseRows {
  const void* const* rows = nullptr;
  int64_t kernel_rows = 0, kernel = 1;
  int64_t tap_step = 0, pixel_step = 0;  // elements
};

// Pointers to the input rows of one output pixel after the other.
class PixelRows {
 public:
  // From this channel on, of so many; elements of so many bytes.
  PixelRows(const Convolution& c, const void* x, const void* zeros, int64_t channel, int64_t channels,
            int64_t element_bytes)
      : c_(c),
        x_(static_cast<const std::byte*>(x) + channel * element_bytes),
        zeros_(zeros),
        stride_(channels * element_bytes) {}

  // Writes the pointers of `count` pixels from `first` on, tap by tap: at[tap * count + r].
  void write(int64_t first, int64_t count, const void** at) const {
    const SpatialWindow& width = c_.windows[2];
    for_each_kernel_row(first, count, [&](int64_t r, int64_t kernel_row, const std::byte* row, int64_t ow) {
      const void** out = at + kernel_row * width.kernel * count + r;
      for (int64_t k = 0; k < width.kernel; ++k, out += count) {
        const int64_t w = ow * width.stride + k * width.dilation - width.before;
        *out = row && w >= 0 && w < width.in ? row + w * stride_ : zeros_;
      }
    });
  }

  // For taps that lie side by side, a row of the kernel is a run of values, and counts as one tap. So do all
  // pixels that read no padding beside the rows; below and above them runs of zeros are read.
  bool has_runs(int64_t first, int64_t count) const {
    const SpatialWindow& width = c_.windows[2];
    for (int64_t ow = first % width.out; count > 0; --count, ow = ow + 1 == width.out ? 0 : ow + 1) {
      if (!reads_no_padding(ow)) return false;
    }
    return true;
  }
  // at[row of the kernel * count + r]; has_runs() of the same pixels.
  void write_runs(int64_t first, int64_t count, const void** at) const {
    const SpatialWindow& width = c_.windows[2];
    for_each_kernel_row(first, count, [&](int64_t r, int64_t kernel_row, const std::byte* row, int64_t ow) {
      at[kernel_row * count + r] = row ? row + (ow * width.stride - width.before) * stride_ : zeros_;
    });
  }
  // Do these pixels lie in one row, and has_runs()? Then write_runs(first, 1) tells of all of them: each is a
  // stride further on.
  bool are_neighbours(int64_t first, int64_t count) const {
    const int64_t ow = first % c_.windows[2].out;
    return ow + count <= c_.windows[2].out && reads_no_padding(ow) && reads_no_padding(ow + count - 1);
  }

 private:
  bool reads_no_padding(int64_t ow) const {
    const SpatialWindow& width = c_.windows[2];
    const int64_t w = ow * width.stride - width.before;
    return w >= 0 && w + (width.kernel - 1) * width.dilation < width.in;
  }

  // visit(r, row of the kernel, the input row it reads or null for padding, the pixel's place across)
  template <class F>
  void for_each_kernel_row(int64_t first, int64_t count, F&& visit) const {
    const auto& [depth, height, width] = c_.windows;
    int64_t ow = first % width.out, rest = first / width.out;
    int64_t oh = rest % height.out;
    rest /= height.out;
    int64_t od = rest % depth.out, n = rest / depth.out;
    for (int64_t r = 0; r < count; ++r) {
      int64_t kernel_row = 0;
      for (int64_t a = 0; a < depth.kernel; ++a) {
        const int64_t d = od * depth.stride + a * depth.dilation - depth.before;
        for (int64_t b = 0; b < height.kernel; ++b, ++kernel_row) {
          const int64_t h = oh * height.stride + b * height.dilation - height.before;
          const bool is_inside = d >= 0 && d < depth.in && h >= 0 && h < height.in;
          visit(r, kernel_row,
                is_inside ? x_ + ((n * depth.in + d) * height.in + h) * width.in * stride_ : nullptr, ow);
        }
      }
      // The next pixel, without a division.
      if (++ow < width.out) continue;
      ow = 0;
      if (++oh < height.out) continue;
      oh = 0;
      if (++od < depth.out) continue;
      od = 0;
      ++n;
    }
  }

  const Convolution& c_;
  const std::byte* x_;
  const void* zeros_;
  int64_t stride_;  // bytes between pixels
};

}  // namespace wf
