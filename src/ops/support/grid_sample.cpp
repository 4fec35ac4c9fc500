#include "ops/grid_sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace wf {
namespace {

// Mirrored at both ends of [low, high] until it is inside.
double mirrored(double at, double low, double high) {
  const double span = high - low;
  if (span <= 0) return low;
  const double distance = std::fmod(std::fabs(at - low), 2 * span);
  return low + (distance > span ? 2 * span - distance : distance);
}

}  // namespace

Result<GridSampling> GridSampling::of(const Call& call) {
  const Shape& x = call.shape("x");
  if (x[2] == 0 || x[3] == 0) return call.error(fmt::format("x is {}: no pixel to read", to_string(x)));
  GridSampling s;
  const std::string sampling = call.text("sampling_mode"), padding = call.text("padding_mode"),
                    coordinates = call.text("coordinates_mode");
  if (sampling != "bilinear" && sampling != "nearest") {
    return call.error(fmt::format("sampling_mode is '{}', expected bilinear or nearest", sampling));
  }
  s.nearest = sampling == "nearest";
  if (padding == "constant")
    s.border = BorderMode::kConstant;
  else if (padding == "border")
    s.border = BorderMode::kBorder;
  else if (padding == "reflection")
    s.border = BorderMode::kReflection;
  else if (padding == "symmetric")
    s.border = BorderMode::kSymmetric;
  else
    return call.error(
        fmt::format("padding_mode is '{}', expected constant, border, reflection or symmetric", padding));
  if (coordinates == "normalized_minus_one_to_one")
    s.coordinates = CoordinatesMode::kMinusOneToOne;
  else if (coordinates == "normalized_zero_to_one")
    s.coordinates = CoordinatesMode::kZeroToOne;
  else if (coordinates == "unnormalized")
    s.coordinates = CoordinatesMode::kPixels;
  else {
    return call.error(
        fmt::format("coordinates_mode is '{}', expected normalized_minus_one_to_one, "
                    "normalized_zero_to_one or unnormalized",
                    coordinates));
  }
  s.padding_value = call.number("padding_value");
  s.align_corners = call.flag("align_corners");
  return s;
}

double GridSampling::to_pixels(double coordinate, int64_t size) const {
  if (coordinates == CoordinatesMode::kPixels) return coordinate;
  const double unit = coordinates == CoordinatesMode::kMinusOneToOne ? (coordinate + 1) / 2 : coordinate;
  const auto pixels = static_cast<double>(size);
  return align_corners ? unit * (pixels - 1) : unit * pixels - 0.5;
}

double GridSampling::inside(double pixel, int64_t size) const {
  const auto last = static_cast<double>(size - 1);
  switch (border) {
    case BorderMode::kConstant:
      return pixel;
    case BorderMode::kBorder:
      break;
    case BorderMode::kReflection:
      pixel = mirrored(pixel, 0, last);
      break;
    case BorderMode::kSymmetric:
      pixel = mirrored(pixel, -0.5, last + 0.5);
      break;
  }
  return std::clamp(pixel, 0.0, last);
}

double sample(const Tensor& x, int64_t first, int64_t height, int64_t width, double u, double v,
              const GridSampling& sampling) {
  u = sampling.inside(u, width);
  v = sampling.inside(v, height);
  if (std::isnan(u) || std::isnan(v)) return std::numeric_limits<double>::quiet_NaN();
  // No pixel within reach; infinities too.
  if (u <= -1 || u >= static_cast<double>(width) || v <= -1 || v >= static_cast<double>(height))
    return sampling.padding_value;
  const auto pixel = [&](double column, double row) {
    const bool within =
        column >= 0 && column < static_cast<double>(width) && row >= 0 && row < static_cast<double>(height);
    if (!within) return sampling.padding_value;
    return read_double(x, first + static_cast<int64_t>(row) * width + static_cast<int64_t>(column));
  };
  if (sampling.nearest) return pixel(std::nearbyint(u), std::nearbyint(v));
  const double left = std::floor(u), top = std::floor(v);
  double sum = 0;
  for (const double column : {left, left + 1}) {
    for (const double row : {top, top + 1}) {
      const double weight = (column == left ? left + 1 - u : u - left) * (row == top ? top + 1 - v : v - top);
      if (weight != 0) sum += weight * pixel(column, row);
    }
  }
  return sum;
}

}  // namespace wf
