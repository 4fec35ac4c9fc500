// Images: pixels outside, [1, C, H, W] inside.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runtime/feature_values.h"

namespace wf {
namespace {

bool allows(const ImageFeature& image, int64_t width, int64_t height) {
  const auto in_range = [](int64_t size, const SizeRange& range) {
    return size >= range.lower && (range.upper < 0 || size <= range.upper);
  };
  if (width == image.width && height == image.height) return true;
  if (std::ranges::find(image.enumerated, std::pair(width, height)) != image.enumerated.end()) return true;
  return image.width_range && image.height_range && in_range(width, *image.width_range) &&
         in_range(height, *image.height_range);
}

// Which channel of an RGB pixel the model's channel c is; its own inverse.
int rgb_channel(ColorLayout layout, int c) { return layout == ColorLayout::kBgr ? 2 - c : c; }

Status check_size(const Feature& feature, const ImageFeature& image, int64_t width, int64_t height) {
  if (allows(image, width, height)) return {};
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("takes {}, given {} x {} pixels", to_string(feature), width, height), {},
               fmt::format("resize the image to width {} and height {}", image.width, image.height));
}

// [H, W] or [H, W, pixel_channels] to [1, C, H, W]; a gray picture fills every channel, alpha is dropped.
template <class T>
Result<Tensor> planar(const ImageFeature& image, const Tensor& pixels, int64_t pixel_channels) {
  const int64_t height = pixels.shape()[0], width = pixels.shape()[1];
  const int count = channels(image.layout);
  WF_TRY(Tensor out, Tensor::allocate(pixels.dtype(), {1, count, height, width}));
  const int64_t area = height * width;
  for (int c = 0; c < count; ++c) {
    const int64_t source = pixel_channels < 3 ? 0 : rgb_channel(image.layout, c);
    for (int64_t i = 0; i < area; ++i) out.store(c * area + i, pixels.load<T>(i * pixel_channels + source));
  }
  return out;
}

uint8_t to_pixel(double value) {
  if (std::isnan(value)) return 0;
  return static_cast<uint8_t>(std::nearbyint(std::clamp(value, 0.0, 255.0)));
}

}  // namespace

Result<Tensor> fit_image(const Feature& feature, const ImageFeature& image, const Tensor& given) {
  const Shape& shape = given.shape();
  const int count = channels(image.layout);
  const auto does_not_fit = [&](std::string hint) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("takes {}, given {} {}", to_string(feature), name_of(given.dtype()), to_string(shape)),
        {}, std::move(hint));
  };
  if (given.dtype() == DType::kString) return does_not_fit("give pixels");
  if (shape.size() == 4 && shape[0] == 1 &&
      shape[1] == count) {  // prepared by the caller, in the model's order
    WF_CHECK(check_size(feature, image, shape[3], shape[2]));
    return given;
  }
  const int64_t pixel_channels = shape.size() == 2 ? 1 : shape.size() == 3 ? shape[2] : 0;
  if (pixel_channels != 1 && pixel_channels != 3 && pixel_channels != 4) {
    return does_not_fit(fmt::format("give uint8 pixels [height, width{}] or numbers [1, {}, height, width]",
                                    count == 3 ? ", 3" : "", count));
  }
  if (count == 1 && pixel_channels != 1)
    return does_not_fit("convert the picture to grayscale: [height, width]");
  WF_CHECK(check_size(feature, image, shape[1], shape[0]));
  if (image.layout == ColorLayout::kGrayscaleFloat16) {
    WF_TRY(const Tensor halves, converted(given, DType::kFloat16));
    return planar<uint16_t>(image, halves, pixel_channels);
  }
  WF_TRY(const Tensor pixels, convert_losslessly(given, DType::kUInt8));
  return planar<uint8_t>(image, pixels, pixel_channels);
}

Result<Tensor> present_image(const ImageFeature& image, const Tensor& value) {
  Shape shape = value.shape();
  while (shape.size() > 3 && shape[0] == 1) shape.erase(shape.begin());
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  const int count = channels(image.layout);
  if (shape.size() != 3 || shape[0] != count || value.dtype() == DType::kString) {
    return Error(ErrorCode::kBadModel, fmt::format("the program gives {} {} for an image of {} channels",
                                                   name_of(value.dtype()), to_string(value.shape()), count));
  }
  const int64_t height = shape[1], width = shape[2], area = height * width;
  if (image.layout == ColorLayout::kGrayscaleFloat16) {
    WF_TRY(const Tensor halves, converted(value, DType::kFloat16));
    return halves.reshaped({height, width});
  }
  const Shape pixel_shape = count == 3 ? Shape{height, width, 3} : Shape{height, width};
  WF_TRY(Tensor pixels, Tensor::allocate(DType::kUInt8, pixel_shape));
  for (int c = 0; c < count; ++c) {
    const int target = rgb_channel(image.layout, c);
    for (int64_t i = 0; i < area; ++i)
      pixels.store(i * count + target, to_pixel(read_double(value, c * area + i)));
  }
  return pixels;
}

}  // namespace wf
