// Images read at arbitrary points, also outside: resample and affine share it.
#pragma once

#include "ops/call.h"

namespace wf {

enum class CoordinatesMode : uint8_t { kMinusOneToOne, kZeroToOne, kPixels };
// Outside the image: a constant; the border's pixel; mirrored at the middle of the border's pixels; at their
// edge.
enum class BorderMode : uint8_t { kConstant, kBorder, kReflection, kSymmetric };

struct GridSampling {
  bool nearest = false;
  BorderMode border = BorderMode::kConstant;
  double padding_value = 0;
  CoordinatesMode coordinates = CoordinatesMode::kMinusOneToOne;
  bool align_corners = false;

  // From the parameters sampling_mode, padding_mode, padding_value, coordinates_mode and align_corners. x
  // must have rank 4; an image without a pixel is refused.
  static Result<GridSampling> of(const Call& call);
  // A coordinate of the call to pixels: 0 is the middle of the first pixel.
  double to_pixels(double coordinate, int64_t size) const;
  // The pixel index mirrored or clamped into the image as `border` says; unchanged for a constant border.
  double inside(double pixel, int64_t size) const;
};

// The value at column u and row v (in pixels) of the plane that starts at element `first`. NaN coordinates
// give NaN.
double sample(const Tensor& x, int64_t first, int64_t height, int64_t width, double u, double v,
              const GridSampling& sampling);

}  // namespace wf
