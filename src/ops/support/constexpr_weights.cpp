#include "ops/constexpr_weights.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/movement.h"

namespace wf {

BlockIndex::BlockIndex(const Shape& walked, const Shape& blocks)
    : sizes_(walked), blocks_(blocks), strides_(dense_strides(blocks)), position_(walked.size(), 0) {
  for (size_t d = 0; d < walked.size(); ++d)
    block_sizes_.push_back(std::max<int64_t>(walked[d] / blocks[d], 1));
}

void BlockIndex::next() {
  for (size_t d = sizes_.size(); d-- > 0;) {
    if (++position_[d] < sizes_[d]) {
      if (position_[d] % block_sizes_[d] == 0) at_ += strides_[d];
      return;
    }
    position_[d] = 0;
    at_ -= (blocks_[d] - 1) * strides_[d];
  }
}

Status check_blocks(const Call& call, std::string_view name, const Shape& whole, const Shape& blocks) {
  bool fits = whole.size() == blocks.size() && !whole.empty();
  for (size_t d = 0; fits && d < whole.size(); ++d)
    fits = blocks[d] >= 1 && whole[d] >= 0 && whole[d] % blocks[d] == 0;
  if (fits) return {};
  return call.error(
      fmt::format("'{}' has {} blocks, which do not divide {}", name, to_string(blocks), to_string(whole)));
}

void copy_element(const Tensor& from, int64_t from_index, Tensor& to, int64_t to_index) {
  if (!is_sub_byte(from.dtype())) return copy_run(from, from_index, to, to_index, 1);
  const int64_t value = read_int(from, from_index);
  write_ints(to, to_index, std::span(&value, 1));
}

void look_up(const Tensor& table, int64_t entry, std::span<const int64_t> codes, Tensor& out, int64_t first) {
  const auto as = [&]<class T>(T) {
    for (size_t i = 0; i < codes.size(); ++i)
      out.store<T>(first + static_cast<int64_t>(i), table.load<T>(entry + codes[i]));
  };
  switch (is_sub_byte(table.dtype()) ? 0 : bit_width(table.dtype())) {
    case 8:
      return as(uint8_t{});
    case 16:
      return as(uint16_t{});
    case 32:
      return as(uint32_t{});
    default:
      for (size_t i = 0; i < codes.size(); ++i)
        copy_element(table, entry + codes[i], out, first + static_cast<int64_t>(i));
  }
}

int64_t count_ones(const Tensor& mask) {
  int64_t ones = 0;
  for_each_nonzero(mask, [&](int64_t, int64_t) { ++ones; });
  return ones;
}

Status check_nonzeros(const Call& call, const Tensor& mask, const Tensor& nonzero) {
  const int64_t ones = count_ones(mask);
  if (nonzero.rank() == 1 && nonzero.size() == ones) return {};
  return call.error(fmt::format("the mask has {} ones, the nonzero elements have shape {}", ones,
                                to_string(nonzero.shape())));
}

Result<Tensor> unpacked(const Call& call, const Tensor& packed, DType dtype, Shape shape) {
  WF_TRY(const int64_t count, element_count(shape));
  WF_TRY(const int64_t size, packed_byte_size(dtype, count));
  if (packed.rank() != 1 || packed.size() != size) {
    return call.error(fmt::format("{} elements of {} bits are {} bytes, found {}", count, bit_width(dtype),
                                  size, to_string(packed.shape())));
  }
  return Tensor::view(dtype, std::move(shape), packed.bytes(), std::make_shared<const Tensor>(packed));
}

Result<Shape> dense_shape(const Call& call) {
  const auto shape = call.ints("shape");
  if (!shape || static_cast<int64_t>(shape->size()) > kMaxRank)
    return call.error("'shape' must be a constant vector of sizes");
  WF_TRY(const int64_t count, product_of_sizes(call, *shape));
  if (count < 0) return call.error("'shape' holds a negative size");
  return Shape(*shape);
}

}  // namespace wf
