// Shared by the elementwise operations: chunked loops in double, so that no operation needs memory beyond its output.
#pragma once

#include <functional>

#include "ops/call.h"

namespace wf {

// The output has the dtype and shape of input "x".
Result<std::vector<ValueType>> infer_like_x(const Call& call);

// output[i] = f(x[i]), rounded once.
Status map_unary(Evaluation& eval, const std::function<double(double)>& f);

// NumPy broadcasting of "x" and "y".
Result<std::vector<ValueType>> infer_broadcast(const Call& call);
// The same with a bool result.
Result<std::vector<ValueType>> infer_broadcast_to_bool(const Call& call);

// output = f(x, y) with broadcasting. Integer inputs go through `g` if given (wrapping arithmetic that double cannot do).
Status map_binary(Evaluation& eval, const std::function<double(double, double)>& f,
                  const std::function<int64_t(int64_t, int64_t)>& g = nullptr);

// For each output index in row-major order, the flat index into a tensor of shape `from` broadcast to `to`.
class BroadcastIndex {
 public:
  BroadcastIndex(const Shape& from, const Shape& to);
  int64_t operator()() const { return at_; }
  void next();

 private:
  Shape sizes_, strides_, position_;
  int64_t at_ = 0;
};

}  // namespace wf
