// Any bytes as a picture; a picture that is read must resize, and survive being written as PNG.
#include <cstdlib>

#include "scratch.h"
#include "tensor/image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto pixels = wf::parse_image(wf::fuzz::input(data, size));
  if (!pixels || pixels->size() > 1 << 20) return 0;
  if (!wf::resize_image(*pixels, 5, 3)) std::abort();
  const auto png = wf::format_png(*pixels);
  if (!png) std::abort();
  const auto again = wf::parse_image(wf::as_bytes(*png));
  if (!again || !wf::same_bits(*pixels, *again)) std::abort();
  return 0;
}
