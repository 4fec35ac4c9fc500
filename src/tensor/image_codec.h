// One file format of pictures, behind tensor/image.h.
#pragma once

#include "tensor/tensor.h"

namespace wf {

inline constexpr int64_t kMaxImagePixels = int64_t{1} << 26;

// The picture as stored, and how EXIF says to turn it.
struct DecodedImage {
  Tensor pixels;        // uint8 [H, W, 3] or [H, W]
  int orientation = 1;  // 1 to 8, as EXIF numbers them
};

Result<DecodedImage> decode_png(Bytes bytes);
Result<DecodedImage> decode_jpeg(Bytes bytes);

// Orientation in a TIFF block ("II*\0..." or "MM\0*..."); 1 if it names none or is damaged: it is a hint, not
// the picture.
int exif_orientation(Bytes tiff);

// An error unless 1 <= width, height and their product is at most kMaxImagePixels.
Status check_image_size(int64_t width, int64_t height);

}  // namespace wf
