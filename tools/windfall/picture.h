// A decoded picture made to fit what a model takes.
#pragma once

#include <string>

#include "base/error.h"
#include "program/description.h"
#include "tensor/tensor.h"

namespace wf::tool {

enum class Resize : unsigned char {
  kStretch,  // to the model's size, whatever that does to the proportions
  kCrop,     // scaled until it covers the model's size, the middle is kept
  kFit,      // scaled until it fits, black bars around
};

struct FittedPicture {
  Tensor pixels;
  std::string told;  // what was done to it, for the user; "" if nothing
};

// Channels and size as `image` declares them; a size the model allows is left alone.
Result<FittedPicture> fit_picture(const Tensor& pixels, const ImageFeature& image, Resize mode);

}  // namespace wf::tool
