// Shared by the elementwise operations: chunked loops in double, so that no operation needs memory beyond its
// output.
#pragma once

#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

#include "ops/call.h"

namespace wf {

// Elements that one round of a chunked loop holds.
inline constexpr int64_t kChunk = 4096;

// The output has the dtype and shape of input "x".
Result<std::vector<ValueType>> infer_like_x(const Call& call);
// The same for operations whose other parameters are all scalars: one element each, rank 0 or not.
Result<std::vector<ValueType>> infer_like_x_with_scalars(const Call& call);

// output[i] = f(x[i]), rounded once. Integer inputs go through `g` if given (wrapping arithmetic that double
// cannot do).
Status map_unary(Evaluation& eval, const std::function<double(double)>& f,
                 const std::function<int64_t(int64_t)>& g = nullptr);

// NumPy broadcasting of "x" and "y".
Result<std::vector<ValueType>> infer_broadcast(const Call& call);
// The same with a bool result.
Result<std::vector<ValueType>> infer_broadcast_to_bool(const Call& call);

// output = f(x, y) with broadcasting. Integer inputs go through `g` if given (wrapping arithmetic that double
// cannot do).
Status map_binary(Evaluation& eval, const std::function<double(double, double)>& f,
                  const std::function<int64_t(int64_t, int64_t)>& g = nullptr);

// NumPy's maximum and minimum: NaN if either is.
double nan_max(double a, double b);
double nan_min(double a, double b);

// The value as a tensor of this dtype would hold it (fp16, fp32; others: unchanged).
double rounded_to(DType dtype, double value);

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

// Walks a broadcast in runs of at most kChunk elements, over each of which every operand is either
// consecutive elements or one element:   for (BroadcastRuns runs(shape, {a.shape(), b.shape()});
// runs.next();) ... A reduction is the same walk turned round: `to` is the input, the one operand the output
// with its reduced sizes 1.
class BroadcastRuns {
 public:
  BroadcastRuns(const Shape& to, std::initializer_list<Shape> operands);

  bool next();
  int64_t first() const { return first_; }  // in the broadcast shape
  size_t length() const { return static_cast<size_t>(length_); }
  int64_t start(size_t operand) const;  // the operand's first element of this run
  bool is_one(size_t operand) const { return operands_[operand].tail == 1; }  // one element for the whole run

  // The operand's elements of this run, repeated where it is one; out.size() is length().
  void read(size_t operand, const Tensor& tensor, std::span<double> out) const;
  void read(size_t operand, const Tensor& tensor, std::span<int64_t> out) const;

 private:
  struct Operand {
    BroadcastIndex outer;  // over the dimensions before the tail
    int64_t tail;          // elements the operand has in the tail
  };
  std::vector<Operand> operands_;
  int64_t total_ = 0;   // elements of the broadcast shape
  int64_t tail_ = 1;    // elements of the dimensions that make up a run
  int64_t offset_ = 0;  // of this run within the tail
  int64_t first_ = 0, length_ = 0;
};

}  // namespace wf
