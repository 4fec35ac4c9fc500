// Shared by the reductions: reduced shapes, and one pass over the input in memory order.
#pragma once

#include <algorithm>
#include <vector>

#include "ops/elementwise.h"

namespace wf {

// Parameters x, axes (all dimensions if left out; negatives count from the end), keep_dims: x's dtype,
// reduced shape.
Result<std::vector<ValueType>> infer_reduction(const Call& call);

// x's shape with the axes of the call reduced to 1, whatever keep_dims says.
Result<Shape> kept_shape(const Evaluation& eval);

// How many elements of x make up one element of the output. A double: sizes beside a size 0 may be absurd.
double reduced_count(const Shape& x, const Shape& kept);

// Calls visit(output element, input element's value) for all of x, in memory order. T: double or int64_t.
template <class T, class Visit>
void for_each_reduced(const Tensor& x, const Shape& kept, Visit visit) {
  T values[kChunk];
  for (BroadcastRuns runs(x.shape(), {kept}); runs.next();) {
    const std::span<T> part(values, runs.length());
    if constexpr (std::is_same_v<T, double>)
      read_doubles(x, runs.first(), part);
    else
      read_ints(x, runs.first(), part);
    size_t to = static_cast<size_t>(runs.start(0));
    const size_t step = runs.is_one(0) ? 0 : 1;
    for (const T value : part) {
      visit(to, value);
      to += step;
    }
  }
}

// One accumulator for each output element, held by a tensor so that the memory limit covers it.
template <class T>
class Accumulators {
 public:
  static Result<Accumulators> filled(const Shape& shape, T initial) {
    Accumulators made;
    WF_TRY(made.tensor_,
           Tensor::allocate(std::is_same_v<T, double> ? DType::kFloat64 : DType::kInt64, shape));
    std::ranges::fill(made.values(), initial);
    return made;
  }
  std::span<T> values() {
    return {reinterpret_cast<T*>(tensor_.mutable_bytes().data()), static_cast<size_t>(tensor_.size())};
  }

 private:
  Tensor tensor_;
};

}  // namespace wf
