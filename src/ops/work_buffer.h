// Room for intermediate doubles of one operation, counted against the process's tensor memory: a hostile size
// is an error, not an exception.
#pragma once

#include <span>

#include "tensor/tensor.h"

namespace wf {

class WorkBuffer {
 public:
  static Result<WorkBuffer> make(int64_t doubles) {
    WorkBuffer buffer;
    WF_TRY(buffer.held_, Tensor::allocate(DType::kFloat64, {doubles}));
    return buffer;
  }

  size_t size() const { return static_cast<size_t>(held_.size()); }
  const Tensor& tensor() const { return held_; }
  double* data() { return reinterpret_cast<double*>(held_.mutable_bytes().data()); }
  std::span<double> all() { return {data(), size()}; }
  std::span<double> part(int64_t first, int64_t count) {
    return all().subspan(static_cast<size_t>(first), static_cast<size_t>(count));
  }

 private:
  Tensor held_;
};

}  // namespace wf
