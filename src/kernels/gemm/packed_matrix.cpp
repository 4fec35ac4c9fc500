#include "kernels/gemm/packed_matrix.h"

#include <algorithm>
#include <cstring>

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

}  // namespace

int64_t panel_width(Isa isa) { return tile_kernels(isa, false).columns; }

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
  packed.half = from.half;
  packed.bytes = AlignedBuffer(packed_bytes(isa, inner, columns, from.half));
  if (packed.bytes.valid()) pack_into(isa, from, inner, columns, packed.bytes.data());
  return packed;
}

}  // namespace wf
