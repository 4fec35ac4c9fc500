// Shared by the operations that normalise by statistics of their input.
#pragma once

#include "ops/call.h"
#include "ops/index_group.h"

namespace wf {

struct Moments {
  double mean = 0, variance = 0;  // biased: divided by the count
};

// Of the elements `group` reaches from `first` on; two passes, so that large means do not cancel.
Moments moments_of(const Tensor& tensor, int64_t first, const IndexGroup& group);

// out = gain(i) * (x - mean) / sqrt(variance + epsilon) + shift(i) over the same elements, i counting within
// the group.
struct Affine {
  const Tensor* gain = nullptr;   // absent: 1
  const Tensor* shift = nullptr;  // absent: 0
  bool per_element = true;        // else element `fixed` for the whole group
  int64_t fixed = 0;
};
void normalize(const Tensor& x, int64_t first, const IndexGroup& group, const Moments& moments,
               double epsilon, const Affine& affine, Tensor& out);

}  // namespace wf
