// shape and non_zero: what a tensor is made of, as int32.
#include <fmt/format.h>

#include <limits>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kShape[] = {Param("x").of(kFloatsInt32AndBool | kSmallInts)};
constexpr Param kNonZero[] = {Param("x").of(kFloatsInt32AndBool)};
constexpr std::string_view kSamples[] = {"x=T[2,3,5]", "x=int32[7]@-1:2", "x=bool[3,4]", "x=T[2,0,3]",
                                         "x=T[]"};

Result<std::vector<ValueType>> infer_shape(const Call& call) {
  return std::vector<ValueType>{tensor_type(DType::kInt32, {call.rank("x")})};
}

Status shape(Evaluation& eval) {
  const Shape& sizes = eval.input("x").shape();
  for (const int64_t size : sizes) {
    if (size > std::numeric_limits<int32_t>::max())
      return eval.error(fmt::format("size {} does not fit int32", size));
  }
  WF_TRY(Tensor out, eval.make_output(0));
  write_ints(out, 0, sizes);
  eval.set_output(0, std::move(out));
  return {};
}

Result<std::vector<ValueType>> infer_non_zero(const Call& call) {
  return std::vector<ValueType>{tensor_type(DType::kInt32, {kUnknownSize, call.rank("x")})};
}

// Calls visit(flat index) for every element that is not 0.
template <class Visit>
void for_each_non_zero(const Tensor& x, Visit visit) {
  double buffer[kChunk];
  for (int64_t at = 0; at < x.size(); at += kChunk) {
    const std::span<double> part(buffer, static_cast<size_t>(std::min(kChunk, x.size() - at)));
    read_doubles(x, at, part);
    for (size_t i = 0; i < part.size(); ++i) {
      if (part[i] != 0) visit(at + static_cast<int64_t>(i));
    }
  }
}

Status non_zero(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  int64_t count = 0;
  for_each_non_zero(x, [&](int64_t) { ++count; });
  WF_TRY(Tensor out, eval.make_output(0, {count, x.rank()}));
  Shape position(x.shape().size());
  int64_t row = 0;
  for_each_non_zero(x, [&](int64_t flat) {
    for (size_t i = position.size(); i-- > 0; flat /= x.shape()[i]) position[i] = flat % x.shape()[i];
    write_ints(out, row++ * x.rank(), position);
  });
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {
    {.name = "shape",
     .params = kShape,
     .infer = infer_shape,
     .reference = shape,
     .samples = kSamples,
     .doc = "The sizes of x as an int32 vector. Source: MIL, iOS15 tensor_operation."},
    {.name = "non_zero",
     .params = kNonZero,
     .infer = infer_non_zero,
     .reference = non_zero,
     .samples = kSamples,
     .doc = "The positions of x's elements that are not 0, int32 [N, rank], in row-major order; NaN is not "
            "0. Source: MIL, "
            "iOS15 tensor_operation."},
};

}  // namespace

WF_OP_FILE(shape, kDefs);
}  // namespace wf
