// Small whole numbers for tensors whose expected results were computed elsewhere from the same formula.
#pragma once

#include "support/support.h"

namespace wf::test {

// Element i is (i * factor) % modulus - shift.
inline Tensor pattern(Shape shape, int64_t factor, int64_t modulus, int64_t shift,
                      DType dtype = DType::kFloat32) {
  std::vector<double> values(static_cast<size_t>(*element_count(shape)));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<double>(static_cast<int64_t>(i) * factor % modulus - shift);
  }
  return of(dtype, std::move(shape), std::move(values));
}
// The tensors most tests use: x in -5..5, weights in -3..3, biases 1, 2, 0, 1, 2, ...
inline Tensor pattern_x(Shape shape, DType dtype = DType::kFloat32) {
  return pattern(std::move(shape), 7, 11, 5, dtype);
}
inline Tensor pattern_w(Shape shape, DType dtype = DType::kFloat32) {
  return pattern(std::move(shape), 5, 7, 3, dtype);
}
inline Tensor pattern_b(Shape shape, DType dtype = DType::kFloat32) {
  return pattern(std::move(shape), 4, 3, -1, dtype);
}

}  // namespace wf::test
