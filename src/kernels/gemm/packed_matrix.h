// The right operand of a product, laid out as the inner loop reads it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/aligned_buffer.h"
#include "kernels/isa.h"

namespace wf {

// Columns that one tile of the product covers for this instruction set: two vector registers.
int64_t panel_width(Isa isa);

// B, `inner` rows by `columns`, as panels of panel_width columns; within a panel row after row. The last
// panel is filled up with zeros. Elements stay fp16 if they were: the inner loop widens them, which costs
// nothing beside the multiplications and halves the memory.
//
// kPalette: no panel has more than 16 different values, so each element is four bits, a place in the panel's
// own table of fp32 values. The values are exactly those of the matrix.
//
// kBfloat: rounded to bf16, rows 2i and 2i + 1 interleaved; the left operand has to be bf16 as
// well. Only by pack_bfloat().
enum class WeightElement : uint8_t { kFloat, kHalf, kPalette, kBfloat };
std::string_view name_of(WeightElement element);
// Of the left operand: 4, or 2 for bf16.
inline int64_t left_element_bytes(WeightElement element) { return element == WeightElement::kBfloat ? 2 : 4; }

inline constexpr int64_t kPaletteSize = 16;

struct PackedMatrix {
  int64_t inner = 0, columns = 0;
  int64_t width = 0;  // of a panel
  WeightElement element = WeightElement::kFloat;
  AlignedBuffer bytes;

  int64_t panels() const { return width > 0 ? (columns + width - 1) / width : 0; }
  int64_t panel_bytes() const;
  const std::byte* panel(int64_t i) const { return bytes.data() + i * panel_bytes(); }
};

// Where B lies: element (i, j) at data + i * inner_stride + j * column_stride, strides in elements.
struct MatrixView {
  const void* data = nullptr;
  bool half = false;
  int64_t inner_stride = 0, column_stride = 1;
};

// Bytes that pack() needs for a matrix of this size, and packing into memory of the caller's.
int64_t packed_bytes(Isa isa, int64_t inner, int64_t columns, bool half);
void pack_into(Isa isa, const MatrixView& from, int64_t inner, int64_t columns, std::byte* to);

// The smallest form that holds every value exactly. An invalid `bytes` if there is no memory.
PackedMatrix pack(Isa isa, const MatrixView& from, int64_t inner, int64_t columns);
// As bf16. `inner` is even: rows of the left operand are read in pairs.
PackedMatrix pack_bfloat(Isa isa, const MatrixView& from, int64_t inner, int64_t columns);

}  // namespace wf
