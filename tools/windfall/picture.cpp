#include "picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tensor/image.h"

namespace wf::tool {
namespace {

int64_t height_of(const Tensor& pixels) { return pixels.shape()[0]; }
int64_t width_of(const Tensor& pixels) { return pixels.shape()[1]; }

bool in_range(const std::optional<SizeRange>& range, int64_t size) {
  return range && size >= range->lower && (range->upper < 0 || size <= range->upper);
}

bool allows(const ImageFeature& image, int64_t width, int64_t height) {
  if (width == image.width && height == image.height) return true;
  const auto& listed = image.enumerated;
  if (std::find(listed.begin(), listed.end(), std::pair(width, height)) != listed.end()) return true;
  return in_range(image.width_range, width) && in_range(image.height_range, height);
}

// The middle of `pixels` on a black canvas: cuts what sticks out, leaves black what is not covered.
Result<Tensor> centred(const Tensor& pixels, int64_t width, int64_t height) {
  Shape shape = pixels.shape();
  shape[0] = height;
  shape[1] = width;
  WF_TRY(Tensor canvas, Tensor::allocate(pixels.dtype(), shape));
  const int64_t depth = pixels.rank() == 3 ? pixels.shape()[2] : 1;
  const int64_t rows = std::min(height, height_of(pixels)), columns = std::min(width, width_of(pixels));
  const int64_t from_y = (height_of(pixels) - rows) / 2, from_x = (width_of(pixels) - columns) / 2;
  const int64_t to_y = (height - rows) / 2, to_x = (width - columns) / 2;
  for (int64_t y = 0; y < rows; ++y) {
    std::byte* to = canvas.mutable_bytes().data() + ((to_y + y) * width + to_x) * depth;
    const std::byte* from = pixels.bytes().data() + ((from_y + y) * width_of(pixels) + from_x) * depth;
    std::memcpy(to, from, static_cast<size_t>(columns * depth));
  }
  return canvas;
}

Result<Tensor> scaled(const Tensor& pixels, const ImageFeature& image, Resize mode) {
  if (mode == Resize::kStretch) return resize_image(pixels, image.width, image.height);
  const double x = static_cast<double>(image.width) / static_cast<double>(width_of(pixels));
  const double y = static_cast<double>(image.height) / static_cast<double>(height_of(pixels));
  const double factor = mode == Resize::kCrop ? std::max(x, y) : std::min(x, y);
  const auto size = [factor](int64_t side) {
    return std::max<int64_t>(1, std::llround(factor * static_cast<double>(side)));
  };
  WF_TRY(Tensor resized, resize_image(pixels, size(width_of(pixels)), size(height_of(pixels))));
  return centred(resized, image.width, image.height);
}

std::string_view word_of(Resize mode) {
  return mode == Resize::kStretch ? "stretched"
         : mode == Resize::kCrop  ? "scaled and cropped"
                                  : "scaled with black bars";
}

}  // namespace

Result<FittedPicture> fit_picture(const Tensor& pixels, const ImageFeature& image, Resize mode) {
  FittedPicture fitted;
  if (channels(image.layout) == 3) {
    WF_TRY(fitted.pixels, to_rgb(pixels));
  } else {
    WF_TRY(fitted.pixels, to_grayscale(pixels));
  }
  const int64_t width = width_of(fitted.pixels), height = height_of(fitted.pixels);
  if (width == 0 || height == 0 || allows(image, width, height)) return fitted;
  WF_TRY(fitted.pixels, scaled(fitted.pixels, image, mode));
  fitted.told = fmt::format("{} x {} picture {} to {} x {} (bilinear; --resize stretch, crop or fit)", width,
                            height, word_of(mode), image.width, image.height);
  return fitted;
}

}  // namespace wf::tool
