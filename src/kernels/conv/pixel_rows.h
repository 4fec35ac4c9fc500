// Where a convolution's output pixels find their input.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv/convolution.h"

namespace wf {

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
      const int64_t w = ow * width.stride - width.before;
      if (w < 0 || w + width.kernel > width.in) return false;
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

 private:
  // visit(r, row of the kernel, the input row it reads or null for padding, the pixel's place across)
  template <class F>
  void for_each_kernel_row(int64_t first, int64_t count, F&& visit) const {
    const auto& [depth, height, width] = c_.windows;
    for (int64_t r = 0; r < count; ++r) {
      int64_t rest = first + r;
      const int64_t ow = rest % width.out;
      rest /= width.out;
      const int64_t oh = rest % height.out;
      rest /= height.out;
      const int64_t od = rest % depth.out;
      const int64_t n = rest / depth.out;
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
    }
  }

  const Convolution& c_;
  const std::byte* x_;
  const void* zeros_;
  int64_t stride_;  // bytes between pixels
};

}  // namespace wf
