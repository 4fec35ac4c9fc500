// Pillow's resampling for 8-bit pictures (its Resample.c): first along x, then along y, weights in fixed
// point, each pass rounded to 8 bits. The arithmetic is followed exactly, so that a model sees the pixels it
// was trained on.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tensor/image.h"
#include "tensor/image_codec.h"

namespace wf {
namespace {

constexpr int kPrecisionBits = 32 - 8 - 2;

struct Taps {  // one output position
  int64_t first = 0;
  std::vector<int32_t> weights;
};

// The triangle filter: weights fall from the centre to 0 at a distance of one input or output pixel, the
// larger one.
std::vector<Taps> make_taps(int64_t in_size, int64_t out_size) {
  const double scale = static_cast<double>(in_size) / static_cast<double>(out_size);
  const double support = std::max(scale, 1.0);
  std::vector<Taps> all(static_cast<size_t>(out_size));
  for (int64_t i = 0; i < out_size; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto first = std::max<int64_t>(static_cast<int64_t>(center - support + 0.5), 0);
    const auto last = std::min<int64_t>(static_cast<int64_t>(center + support + 0.5), in_size);
    std::vector<double> weights;
    double sum = 0;
    for (int64_t x = first; x < last; ++x) {
      weights.push_back(std::max(0.0, 1 - std::fabs((static_cast<double>(x) - center + 0.5) / support)));
      sum += weights.back();
    }
    Taps& taps = all[static_cast<size_t>(i)];
    taps.first = first;
    for (const double weight : weights) {
      taps.weights.push_back(static_cast<int32_t>(0.5 + weight / sum * (1 << kPrecisionBits)));
    }
  }
  return all;
}

// Resizes the middle axis of [outer, in_size, inner].
Result<Tensor> resize_axis(const Tensor& in, size_t axis, int64_t out_size) {
  Shape shape = in.shape();
  const int64_t in_size = shape[axis];
  if (in_size == out_size) return in;
  int64_t outer = 1, inner = 1;
  for (size_t d = 0; d < axis; ++d) outer *= shape[d];
  for (size_t d = axis + 1; d < shape.size(); ++d) inner *= shape[d];
  shape[axis] = out_size;
  WF_TRY(Tensor out, Tensor::allocate(DType::kUInt8, shape));
  const std::vector<Taps> all = make_taps(in_size, out_size);
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < out_size; ++i) {
      const Taps& taps = all[static_cast<size_t>(i)];
      for (int64_t k = 0; k < inner; ++k) {
        int32_t sum = 1 << (kPrecisionBits - 1);
        int64_t at = (o * in_size + taps.first) * inner + k;
        for (const int32_t weight : taps.weights) {
          sum += weight * in.load<uint8_t>(at);
          at += inner;
        }
        out.store((o * out_size + i) * inner + k,
                  static_cast<uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255)));
      }
    }
  }
  return out;
}

}  // namespace

Result<Tensor> resize_image(const Tensor& pixels, int64_t width, int64_t height) {
  const bool picture =
      pixels.dtype() == DType::kUInt8 && (pixels.rank() == 2 || pixels.rank() == 3) && pixels.size() > 0;
  WF_REQUIRE(picture, kInvalidArgument,
             fmt::format("only pictures can be resized, given {} {}", name_of(pixels.dtype()),
                         to_string(pixels.shape())));
  WF_CHECK(check_image_size(width, height));
  WF_CHECK(check_image_size(width, pixels.shape()[0]));  // between the passes
  WF_TRY(const Tensor wide, resize_axis(pixels, 1, width));
  return resize_axis(wide, 0, height);
}

}  // namespace wf
