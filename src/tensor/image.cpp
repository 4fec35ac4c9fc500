#include "tensor/image.h"

#include <fmt/format.h>

#include "tensor/image_codec.h"

namespace wf {
namespace {

bool is_picture(const Tensor& pixels) {
  const Shape& shape = pixels.shape();
  return pixels.valid() && pixels.dtype() == DType::kUInt8 &&
         (shape.size() == 2 || (shape.size() == 3 && (shape[2] == 1 || shape[2] == 3)));
}
Error not_a_picture(const Tensor& pixels) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("a picture is uint8 [height, width] or [height, width, 3], given {} {}",
                      name_of(pixels.dtype()), to_string(pixels.shape()))};
}
int64_t channels_of(const Tensor& pixels) { return pixels.rank() == 2 ? 1 : pixels.shape()[2]; }

// EXIF orientations (TIFF 6.0, tag 274): 2 mirrored, 3 half turn, 4 upside down, 5 to 8 the same with x and y
// exchanged.
Result<Tensor> oriented(const DecodedImage& image) {
  const int orientation = image.orientation;
  if (orientation == 1) return image.pixels;
  const Tensor& in = image.pixels;
  const bool exchanged = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const int64_t in_height = in.shape()[0], in_width = in.shape()[1], channels = channels_of(in);
  Shape shape = in.shape();
  if (exchanged) std::swap(shape[0], shape[1]);
  WF_TRY(Tensor out, Tensor::allocate(DType::kUInt8, shape));
  int64_t at = 0;
  for (int64_t y = 0; y < shape[0]; ++y) {
    for (int64_t x = 0; x < shape[1]; ++x) {
      int64_t in_y = exchanged ? x : y, in_x = exchanged ? y : x;
      if (from_right) in_x = in_width - 1 - in_x;
      if (from_bottom) in_y = in_height - 1 - in_y;
      for (int64_t c = 0; c < channels; ++c)
        out.store(at++, in.load<uint8_t>((in_y * in_width + in_x) * channels + c));
    }
  }
  return out;
}

}  // namespace

Status check_image_size(int64_t width, int64_t height) {
  if (width >= 1 && height >= 1 && width <= kMaxImagePixels && height <= kMaxImagePixels / width) return {};
  return Error(ErrorCode::kBadModel,
               fmt::format("a picture of {} x {} pixels; at least one and at most {} are read", width, height,
                           kMaxImagePixels));
}

Result<Tensor> parse_image(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  const bool is_png = text.starts_with("\x89PNG\r\n\x1a\n");
  if (!is_png && !text.starts_with("\xff\xd8\xff")) {
    return Error(ErrorCode::kBadModel, "neither a PNG nor a JPEG picture by its first bytes");
  }
  WF_TRY(const DecodedImage image, is_png ? decode_png(bytes) : decode_jpeg(bytes));
  return oriented(image);
}

Result<Tensor> read_image(const std::filesystem::path& path) {
  WF_TRY(const auto file, MappedFile::open(path));
  auto pixels = parse_image(file->bytes());
  if (!pixels) return std::move(pixels).error().in_file(path.string());
  return pixels;
}

Result<Tensor> to_grayscale(const Tensor& pixels) {
  if (!is_picture(pixels)) return not_a_picture(pixels);
  const Shape shape{pixels.shape()[0], pixels.shape()[1]};
  if (channels_of(pixels) == 1) return pixels.reshaped(shape);
  WF_TRY(Tensor gray, Tensor::allocate(DType::kUInt8, shape));
  for (int64_t i = 0; i < gray.size(); ++i) {
    // 0.299 R + 0.587 G + 0.114 B in 16-bit fixed point.
    const uint32_t luma = pixels.load<uint8_t>(i * 3) * 19595u + pixels.load<uint8_t>(i * 3 + 1) * 38470u +
                          pixels.load<uint8_t>(i * 3 + 2) * 7471u + 0x8000u;
    gray.store(i, static_cast<uint8_t>(luma >> 16));
  }
  return gray;
}

Result<Tensor> to_rgb(const Tensor& pixels) {
  if (!is_picture(pixels)) return not_a_picture(pixels);
  if (channels_of(pixels) == 3) return pixels;
  WF_TRY(Tensor rgb, Tensor::allocate(DType::kUInt8, {pixels.shape()[0], pixels.shape()[1], 3}));
  for (int64_t i = 0; i < rgb.size(); ++i) rgb.store(i, pixels.load<uint8_t>(i / 3));
  return rgb;
}

}  // namespace wf
