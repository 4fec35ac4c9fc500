// Sampling a grid between its points: the resizing operations share it.
#pragma once

#include <span>
#include <string_view>

#include "ops/call.h"

namespace wf {

// Where output element i of Y lies on an input of X elements (before clamping). resize_bilinear,
// resize and crop_resize share the modes.
enum class SamplingMode : uint8_t {
  kStrictAlignCorners,  // i (X - 1) / (Y - 1), 0 if Y = 1
  kAlignCorners,        // the same, (X - 1) / 2 if Y = 1
  kDefault,             // i X / Y
  kOffsetCorners,       // (i + 1/2) max(1, X - 1) / Y
  kUnalignCorners,      // (i + 1/2) X / Y - 1/2
};
Result<SamplingMode> sampling_mode_of(const Call& call);
// The mode that upsample_bilinear's align_corners and half_pixel_centers stand for.
Result<SamplingMode> upsampling_mode_of(const Call& call);

// One dimension of the grid: output elements 0 ... out - 1 over input positions first ... last.
struct SampledAxis {
  double first = 0, last = 0;
  int64_t out = 1;

  double position(SamplingMode mode, int64_t i) const;
};

// The element whose multilinear neighbourhood the position is, once the position is inside [0, size - 1]:
// position 2.25 between elements 2 (weight 0.75) and 3. A position on an element takes that element alone.
double interpolate(const Tensor& tensor, int64_t first, std::span<const int64_t> strides,
                   std::span<const double> position);

// Resizes the last `out.size()` dimensions of x to these sizes, each sample by the given rule of (dimension,
// output index) to a position that is then clamped to the input. Positions of whole numbers pick elements.
using PositionRule = double (*)(SamplingMode mode, int64_t in, int64_t out, int64_t i);
Status resize_last(Evaluation& eval, size_t dimensions, SamplingMode mode, PositionRule rule);

// Linear interpolation by the mode; the nearest element by half-pixel centres under kDefault, else the
// nearest to where the mode points; the element that i / (out / in) falls into.
double linear_position(SamplingMode mode, int64_t in, int64_t out, int64_t i);
double nearest_position(SamplingMode mode, int64_t in, int64_t out, int64_t i);
double floor_position(SamplingMode mode, int64_t in, int64_t out, int64_t i);

// x must have as many dimensions at least; their sizes are replaced by `sizes` (kUnknownSize allowed).
Result<std::vector<ValueType>> infer_resized(const Call& call, std::span<const int64_t> sizes);

}  // namespace wf
