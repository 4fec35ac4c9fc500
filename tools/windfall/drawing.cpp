#include "drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tensor/image.h"

namespace wf::tool {
namespace {

using Colour = std::array<int, 3>;

Colour colour_at(const Tensor& rgb, int64_t y, int64_t x) {
  const int64_t height = rgb.shape()[0], width = rgb.shape()[1];
  if (y >= height) return {0, 0, 0};
  Colour colour{};
  for (int64_t c = 0; c < 3; ++c) colour[static_cast<size_t>(c)] = rgb.load<uint8_t>((y * width + x) * 3 + c);
  return colour;
}

std::string coloured_cell(const Colour& upper, const Colour& lower) {
  return fmt::format("\x1b[38;2;{};{};{};48;2;{};{};{}m▀", upper[0], upper[1], upper[2], lower[0], lower[1],
                     lower[2]);
}

std::string shaded_cell(const Colour& upper, const Colour& lower) {
  static constexpr std::array<const char*, 5> kShades = {" ", "░", "▒", "▓", "█"};
  const int sum = upper[0] + upper[1] + upper[2] + lower[0] + lower[1] + lower[2];
  return kShades[static_cast<size_t>(std::min(sum * 5 / (6 * 256), 4))];
}

}  // namespace

std::string draw_picture(const Tensor& pixels, bool colours, int64_t columns) {
  auto rgb = to_rgb(pixels);
  if (rgb && rgb->shape()[1] > columns) {
    const int64_t rows = std::max<int64_t>(1, rgb->shape()[0] * columns / rgb->shape()[1]);
    rgb = resize_image(*rgb, columns, rows);
  }
  if (!rgb) return "";  // not a picture: nothing to draw
  std::string text;
  for (int64_t y = 0; y < rgb->shape()[0]; y += 2) {
    for (int64_t x = 0; x < rgb->shape()[1]; ++x) {
      const Colour upper = colour_at(*rgb, y, x), lower = colour_at(*rgb, y + 1, x);
      text += colours ? coloured_cell(upper, lower) : shaded_cell(upper, lower);
    }
    text += colours ? "\x1b[0m\n" : "\n";
  }
  return text;
}

}  // namespace wf::tool
