#include "base/checked_math.h"
#include "base/endian.h"
#include "tensor/image_codec.h"

namespace wf {

int exif_orientation(Bytes tiff) {
  constexpr uint16_t kOrientation = 0x0112, kShort = 3;
  if (tiff.size() < 8) return 1;
  const std::string_view mark = as_text(tiff).substr(0, 2);
  if (mark != "II" && mark != "MM") return 1;
  const std::endian order = mark == "II" ? std::endian::little : std::endian::big;
  const size_t directory = load_as<uint32_t>(tiff, 4, order);
  if (!range_fits(directory, 2, tiff.size())) return 1;
  const auto count = load_as<uint16_t>(tiff, directory, order);
  for (size_t i = 0; i < count; ++i) {
    const size_t entry = directory + 2 + i * 12;
    if (!range_fits(entry, 12, tiff.size())) return 1;
    if (load_as<uint16_t>(tiff, entry, order) != kOrientation) continue;
    if (load_as<uint16_t>(tiff, entry + 2, order) != kShort) return 1;
    const int value = load_as<uint16_t>(tiff, entry + 8, order);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

}  // namespace wf
