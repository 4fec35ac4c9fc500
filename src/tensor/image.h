// Pictures: PNG and JPEG to and from uint8 tensors, [height, width, 3] in RGB order or [height, width] if
// gray.
#pragma once

#include <filesystem>
#include <string>

#include "tensor/tensor.h"

namespace wf {

// PNG of every colour type and depth: palettes are looked up, 16 bits cut to the upper 8, alpha is dropped
// (the stored colours stay, nothing is blended). JPEG: gray, YCbCr, RGB, CMYK. Colour profiles and gamma are
// not applied. The orientation that EXIF data names is applied. More than 2^26 pixels, damaged or cut off
// data: an error.
Result<Tensor> parse_image(Bytes bytes);
Result<Tensor> read_image(const std::filesystem::path& path);

// A uint8 tensor [H, W], [H, W, 1] or [H, W, 3] as PNG.
Result<std::string> format_png(const Tensor& pixels);
Status write_png(const std::filesystem::path& path, const Tensor& pixels);

// Triangle (bilinear) filter whose support grows with the reduction, so that small pictures are averages and
// not samples: bit for bit what Pillow's Image.resize(..., BILINEAR) gives for 8-bit pictures.
Result<Tensor> resize_image(const Tensor& pixels, int64_t width, int64_t height);

// Luma of ITU-R 601, rounded as Pillow's convert("L"); a gray picture stays as it is.
Result<Tensor> to_grayscale(const Tensor& pixels);
// A gray picture with its value in all three channels; others stay.
Result<Tensor> to_rgb(const Tensor& pixels);

}  // namespace wf
