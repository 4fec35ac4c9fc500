// Shared by the operations that move elements without looking at them.
#pragma once

#include "ops/call.h"

namespace wf {

inline constexpr DTypeSet kMovable15 = kFloatsInt32AndBool;
inline constexpr DTypeSet kMovable17 = kFloatsInt32AndBool | kSmallInts;

// Higher ranks are refused where a file could ask for any: real programs stay below 8.
inline constexpr int64_t kMaxRank = 32;

// Product and sum of sizes: kUnknownSize if one is unknown, an error of the call if it does not fit.
Result<int64_t> product_of_sizes(const Call& call, std::span<const int64_t> sizes);
Result<int64_t> sum_of_sizes(const Call& call, std::span<const int64_t> sizes);

// A zero-filled tensor for output i that holds its elements as `like` does, so that bytes can be copied over.
Result<Tensor> make_moved(const Evaluation& eval, size_t i, const Tensor& like);

// Output 0 is input "x" under the inferred shape, sharing its bytes.
Status share_reshaped(Evaluation& eval);

// Where the elements of an index space lie in a tensor: at offset + sum(index[d] * strides[d]), counted in
// elements.
struct Layout {
  int64_t offset = 0;
  Shape strides;
};

// Row-major strides; zeros where no element exists or sizes are unknown, since such strides may not fit 64
// bits.
Shape element_strides(const Shape& shape);
inline Layout dense_layout(const Shape& shape) { return {0, element_strides(shape)}; }

// Copies the element of each index in `sizes` from its place in one tensor to its place in the other. Both
// tensors have whole-byte elements of the same width; every place must lie inside.
void copy_elements(const Shape& sizes, const Tensor& from, const Layout& at_from, Tensor& to,
                   const Layout& at_to);

// The same for elements that are neighbours on both sides.
void copy_run(const Tensor& from, int64_t from_index, Tensor& to, int64_t to_index, int64_t count);

}  // namespace wf
