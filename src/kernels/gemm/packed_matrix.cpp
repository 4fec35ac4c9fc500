#include "kernels/gemm/packed_matrix.h"

#include <algorithm>
#include <cstring>

#include "base/float16.h"
#include "kernels/gemm/tile.h"

namespace wf {
namespace {

// T is the element's storage: uint16_t for fp16, float.
template <class T>
void pack_elements(const MatrixView& from, int64_t inner, int64_t columns, int64_t width, std::byte* to) {
  const T* source = static_cast<const T*>(from.data);
  T* out = reinterpret_cast<T*>(to);
  for (int64_t first = 0; first < columns; first += width) {
    const int64_t count = std::min(width, columns - first);
    for (int64_t i = 0; i < inner; ++i) {
      const T* row = source + i * from.inner_stride + first * from.column_stride;
      if (from.column_stride == 1) {
        std::memcpy(out, row, static_cast<size_t>(count) * sizeof(T));
      } else {
        for (int64_t j = 0; j < count; ++j) out[j] = row[j * from.column_stride];
      }
      std::fill(out + count, out + width, T{});
      out += width;
    }
  }
}

float float_at(const MatrixView& from, int64_t i, int64_t j) {
  const int64_t at = i * from.inner_stride + j * from.column_stride;
  return from.half ? half_to_float(static_cast<const uint16_t*>(from.data)[at])
                   : static_cast<const float*>(from.data)[at];
}

// A panel's elements as fp32, in the order of its rows.
template <class T>
float as_float(T value) {
  if constexpr (sizeof(T) == 2) {
    return half_to_float(value);
  } else {
    return value;
  }
}

// The first kPaletteSize different values that are asked for, in the order of their coming.
template <class T>
class Palette {
 public:
  // The place of the value; -1: there are too many.
  int64_t place(T value) {
    if (used_ > 0 && same(values_[last_], value)) return last_;
    for (int64_t k = 0; k < used_; ++k) {
      if (same(values_[k], value)) return last_ = k;
    }
    if (used_ == kPaletteSize) return -1;
    values_[used_] = value;
    return last_ = used_++;
  }
  T value(int64_t place) const { return values_[place]; }

 private:
  static bool same(T a, T b) { return std::memcmp(&a, &b, sizeof(T)) == 0; }  // 0 and -0 are two
  T values_[kPaletteSize] = {};
  int64_t used_ = 0, last_ = 0;
};

// Of the 16 bits of a half there are few enough to look them up.
template <>
class Palette<uint16_t> {
 public:
  int64_t place(uint16_t value) {
    if (places_[value] != 0) return places_[value] - 1;
    if (used_ == kPaletteSize) return -1;
    values_[used_] = value;
    places_[value] = static_cast<uint8_t>(++used_);
    return used_ - 1;
  }
  uint16_t value(int64_t place) const { return values_[place]; }

 private:
  uint8_t places_[1 << 16] = {};  // plus 1
  uint16_t values_[kPaletteSize] = {};
  int64_t used_ = 0;
};

// The panel of `count` columns from `first` on as a table and places in it; false if it has too many values.
// A byte holds the places of column j, in its low half, and of column j + width / 2.
template <class T>
bool pack_palette_panel(const MatrixView& from, int64_t inner, int64_t first, int64_t count, int64_t width,
                        std::byte* to) {
  const T* source = static_cast<const T*>(from.data) + first * from.column_stride;
  Palette<T> palette;
  auto* bytes = reinterpret_cast<uint8_t*>(to + kPaletteSize * sizeof(float));
  const int64_t half_width = width / 2;
  for (int64_t i = 0; i < inner; ++i, bytes += half_width) {
    const T* row = source + i * from.inner_stride;
    for (int64_t j = 0; j < half_width; ++j) {
      const int64_t low = j < count ? palette.place(row[j * from.column_stride]) : 0;
      const int64_t high =
          j + half_width < count ? palette.place(row[(j + half_width) * from.column_stride]) : 0;
      if (low < 0 || high < 0) return false;
      bytes[j] = static_cast<uint8_t>(low | high << 4);
    }
  }
  auto* table = reinterpret_cast<float*>(to);
  for (int64_t k = 0; k < kPaletteSize; ++k) table[k] = as_float(palette.value(k));
  return true;
}

template <class T>
bool pack_palette(const MatrixView& from, PackedMatrix& packed) {
  for (int64_t panel = 0; panel < packed.panels(); ++panel) {
    const int64_t first = panel * packed.width, count = std::min(packed.width, packed.columns - first);
    std::byte* to = packed.bytes.data() + panel * packed.panel_bytes();
    if (!pack_palette_panel<T>(from, packed.inner, first, count, packed.width, to)) return false;
  }
  return true;
}

// Does the first panel have few values? Most weights show that they do not within a row or two.
bool looks_like_palette(const MatrixView& from, int64_t inner, int64_t columns, int64_t width) {
  const int64_t count = std::min(width, columns);
  AlignedBuffer panel(aligned_size(kPaletteSize * 4 + inner * width / 2));
  if (!panel.valid()) return false;
  return from.half ? pack_palette_panel<uint16_t>(from, inner, 0, count, width, panel.data())
                   : pack_palette_panel<float>(from, inner, 0, count, width, panel.data());
}

}  // namespace

std::string_view name_of(WeightElement element) {
  switch (element) {
    case WeightElement::kFloat:
      return "fp32";
    case WeightElement::kHalf:
      return "fp16";
    case WeightElement::kPalette:
      return "4-bit";
    case WeightElement::kBfloat:
      return "bf16";
  }
  return "";
}

int64_t panel_width(Isa isa) { return tile_kernels(isa).columns; }

int64_t PackedMatrix::panel_bytes() const {
  switch (element) {
    case WeightElement::kFloat:
      return inner * width * 4;
    case WeightElement::kHalf:
    case WeightElement::kBfloat:
      return inner * width * 2;
    case WeightElement::kPalette:
      return aligned_size(kPaletteSize * 4 + inner * width / 2);
  }
  return 0;
}

int64_t packed_bytes(Isa isa, int64_t inner, int64_t columns, bool half) {
  const int64_t width = panel_width(isa);
  return (columns + width - 1) / width * width * inner * (half ? 2 : 4);
}

void pack_into(Isa isa, const MatrixView& from, int64_t inner, int64_t columns, std::byte* to) {
  if (from.half) return pack_elements<uint16_t>(from, inner, columns, panel_width(isa), to);
  pack_elements<float>(from, inner, columns, panel_width(isa), to);
}

PackedMatrix pack(Isa isa, const MatrixView& from, int64_t inner, int64_t columns) {
  PackedMatrix packed;
  packed.inner = inner;
  packed.columns = columns;
  packed.width = panel_width(isa);
  // Few rows are smaller without a table.
  const bool pays =
      inner * packed.width * (from.half ? 2 : 4) > aligned_size(kPaletteSize * 4 + inner * packed.width / 2);
  if (pays && looks_like_palette(from, inner, columns, packed.width)) {
    packed.element = WeightElement::kPalette;
    packed.bytes = AlignedBuffer(packed.panels() * packed.panel_bytes());
    if (!packed.bytes.valid()) return packed;
    if (from.half ? pack_palette<uint16_t>(from, packed) : pack_palette<float>(from, packed)) return packed;
  }
  packed.element = from.half ? WeightElement::kHalf : WeightElement::kFloat;
  packed.bytes = AlignedBuffer(packed_bytes(isa, inner, columns, from.half));
  if (packed.bytes.valid()) pack_into(isa, from, inner, columns, packed.bytes.data());
  return packed;
}

PackedMatrix pack_bfloat(Isa isa, const MatrixView& from, int64_t inner, int64_t columns) {
  PackedMatrix packed;
  packed.inner = inner;
  packed.columns = columns;
  packed.width = panel_width(isa);
  packed.element = WeightElement::kBfloat;
  packed.bytes = AlignedBuffer(packed.panels() * packed.panel_bytes());
  if (!packed.bytes.valid()) return packed;
  auto* to = reinterpret_cast<uint16_t*>(packed.bytes.data());
  for (int64_t first = 0; first < columns; first += packed.width) {
    for (int64_t i = 0; i < inner; i += 2) {
      for (int64_t j = first; j < first + packed.width; ++j) {
        for (int64_t k = i; k < i + 2; ++k)
          *to++ = j < columns ? double_to_bfloat16(double{float_at(from, k, j)}) : 0;
      }
    }
  }
  return packed;
}

}  // namespace wf
