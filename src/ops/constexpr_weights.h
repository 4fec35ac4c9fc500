// Shared by the constexpr operations: weights as files compress them. Their results are defined bit for bit
// by what coremltools' NumPy code computes.
#pragma once

#include <algorithm>
#include <cstddef>

#include "ops/call.h"

namespace wf {

inline constexpr DTypeSet kSparseInts{DType::kInt4, DType::kUInt4, DType::kInt8, DType::kUInt8};
inline constexpr DTypeSet kQuantized = kSparseInts | kFloats;  // what compressed elements may be
inline constexpr DTypeSet kLutEntries = kFloats | DTypeSet{DType::kInt8, DType::kUInt8};
inline constexpr DTypeSet kLutIndices{DType::kUInt1, DType::kUInt2, DType::kUInt3,
                                      DType::kUInt4, DType::kUInt6, DType::kUInt8};
inline constexpr DTypeSet kMask{DType::kUInt1};

// Walks the elements of a tensor in row-major order; at() is the flat index of the block each lies in, for a
// tensor of block parameters (scales, tables) of the shape `blocks`, each of whose sizes divides the walked
// one.
class BlockIndex {
 public:
  BlockIndex(const Shape& walked, const Shape& blocks);
  int64_t at() const { return at_; }
  void next();

 private:
  Shape sizes_, blocks_, block_sizes_, strides_, position_;
  int64_t at_ = 0;
};

// Calls visit(first, count, block) for stretches of elements of one block, in row-major order and at most
// 1024 long, so that buffers of that size do.
inline constexpr int64_t kStretch = 1024;
template <class F>
void for_each_stretch(const Shape& walked, const Shape& blocks, F&& visit) {
  // From the last dimension with several blocks on, a block is dense.
  size_t d = walked.size() - 1;
  while (d > 0 && blocks[d] == 1) --d;
  int64_t length = walked[d] / blocks[d];
  for (size_t i = d + 1; i < walked.size(); ++i) length *= walked[i];
  Shape outer(walked.begin(), walked.begin() + static_cast<ptrdiff_t>(d) + 1);
  outer[d] = blocks[d];
  int64_t runs = length > 0 ? 1 : 0;
  for (const int64_t size : outer) runs *= size;
  BlockIndex block(outer, Shape(blocks.begin(), blocks.begin() + static_cast<ptrdiff_t>(d) + 1));
  for (int64_t run = 0; run < runs; ++run, block.next()) {
    for (int64_t at = 0; at < length; at += kStretch)
      visit(run * length + at, std::min(kStretch, length - at), block.at());
  }
}

// Every size of `blocks` is at least 1 and divides the size of `whole`; equal ranks of at least 1.
Status check_blocks(const Call& call, std::string_view name, const Shape& whole, const Shape& blocks);

// Copies the bits of one element between tensors of one dtype, sub-byte ones included.
void copy_element(const Tensor& from, int64_t from_index, Tensor& to, int64_t to_index);

// out[first + i] = table[entry + codes[i]] for elements of one dtype.
void look_up(const Tensor& table, int64_t entry, std::span<const int64_t> codes, Tensor& out, int64_t first);

// How many of a mask's elements are 1.
int64_t count_ones(const Tensor& mask);
// As many nonzero elements as the mask has ones.
Status check_nonzeros(const Call& call, const Tensor& mask, const Tensor& nonzero);

// An element of sparse data at its place in the dense tensor: the place and the index among the nonzero ones.
template <class F>
void for_each_nonzero(const Tensor& mask, F&& visit) {
  int64_t k = 0;
  for (int64_t place = 0; place < mask.size(); ++place) {
    if (read_int(mask, place) != 0) visit(place, k++);
  }
}

// The packed bits of a uint8 vector as unsigned integers of `dtype`, least significant bit first, in this
// shape. Shares the bytes.
Result<Tensor> unpacked(const Call& call, const Tensor& packed, DType dtype, Shape shape);

// The parameter `shape` of the iOS16 forms.
Result<Shape> dense_shape(const Call& call);

}  // namespace wf
