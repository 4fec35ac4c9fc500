// Sliding windows over spatial dimensions: what convolutions and pools share.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "ops/call.h"

namespace wf {

// Sizes, strides, paddings above this are refused, so that their products fit 64 bits.
inline constexpr int64_t kMaxSpatialSize = (int64_t{1} << 31) - 1;

using Position = std::array<int64_t, 3>;

// One spatial dimension. in, kernel and out may be kUnknownSize during type inference.
struct Window {
  int64_t in = 1, kernel = 1, stride = 1, dilation = 1;
  int64_t before = 0, after = 0;  // padding
  int64_t out = 1;

  int64_t extent() const {
    return (kernel - 1) * dilation + 1;
  }  // input elements from the first tap to the last
};

enum class PadType : uint8_t { kValid, kSame, kSameLower, kCustom };
// The parameter pad_type, "valid" if it is left out.
Result<PadType> pad_type_of(const Call& call);

// A constant integer vector of exactly `count` entries in [least, kMaxSpatialSize]; `fallback` for each if
// left out.
Result<std::vector<int64_t>> spatial_ints(const Call& call, std::string_view name, size_t count,
                                          int64_t fallback, int64_t least);

// Kernel, stride and dilation of every dimension, without padding and output size. Refuses sizes out of
// range.
Result<std::vector<Window>> bare_windows(const Call& call, std::span<const int64_t> in,
                                         std::span<const int64_t> kernel);

// The windows of a convolution or pool, from its parameters strides, dilations, pad_type and pad (which
// counts for pad_type "custom" only). The padding of "same" makes out = ceil(in / stride), the odd element
// after; "same_lower": before. ceil_mode: a last window that is only partly inside counts if it starts
// inside.
Result<std::vector<Window>> sliding_windows(const Call& call, std::span<const int64_t> in,
                                            std::span<const int64_t> kernel, bool ceil_mode = false);

// The windows of a transposed convolution. For each dimension: `before` is what the full result is cropped by
// in front, `out` how much of it is kept (or, beyond its end, filled with the bias alone).
Result<std::vector<Window>> transposed_windows(const Call& call);

// The same windows behind as many trivial ones as make three.
std::array<Window, 3> as_three(std::span<const Window> windows);

// How many elements of one dimension of a window an average is taken over: with padding, those inside the
// padded input (a window that ceil_mode lets hang over its end is shorter), as PyTorch counts.
int64_t averaged_count(const Window& window, int64_t position, bool without_padding);

}  // namespace wf
