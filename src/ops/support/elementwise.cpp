#include "ops/elementwise.h"

#include <algorithm>

namespace wf {

Result<std::vector<ValueType>> infer_like_x(const Call& call) { return std::vector<ValueType>{call.type("x")}; }

Status map_unary(Evaluation& eval, const std::function<double(double)>& f) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, eval.make_output(0));
  constexpr int64_t kChunk = 4096;
  double buffer[kChunk];
  for (int64_t at = 0; at < x.size(); at += kChunk) {
    const std::span<double> part(buffer, static_cast<size_t>(std::min(kChunk, x.size() - at)));
    read_doubles(x, at, part);
    for (double& value : part) value = f(value);
    write_doubles(out, at, part);
  }
  eval.set_output(0, std::move(out));
  return {};
}

namespace {
Result<std::vector<ValueType>> broadcast_type(const Call& call, DType dtype) {
  auto shape = broadcast_shapes(call.shape("x"), call.shape("y"));
  if (!shape) return call.error(shape.error().message);
  return std::vector<ValueType>{tensor_type(dtype, *shape)};
}
}  // namespace

Result<std::vector<ValueType>> infer_broadcast(const Call& call) { return broadcast_type(call, call.dtype("x")); }
Result<std::vector<ValueType>> infer_broadcast_to_bool(const Call& call) { return broadcast_type(call, DType::kBool); }

BroadcastIndex::BroadcastIndex(const Shape& from, const Shape& to)
    : sizes_(to), strides_(to.size(), 0), position_(to.size(), 0) {
  const Shape dense = dense_strides(from);
  const size_t lead = to.size() - from.size();
  for (size_t i = 0; i < from.size(); ++i) strides_[lead + i] = from[i] == 1 ? 0 : dense[i];
}

void BroadcastIndex::next() {
  for (size_t i = sizes_.size(); i-- > 0;) {
    at_ += strides_[i];
    if (++position_[i] < sizes_[i]) return;
    at_ -= strides_[i] * sizes_[i];
    position_[i] = 0;
  }
}

Status map_binary(Evaluation& eval, const std::function<double(double, double)>& f,
                  const std::function<int64_t(int64_t, int64_t)>& g) {
  const Tensor& x = eval.input("x");
  const Tensor& y = eval.input("y");
  WF_TRY(Tensor out, eval.make_output(0));
  BroadcastIndex at_x(x.shape(), out.shape());
  BroadcastIndex at_y(y.shape(), out.shape());
  const bool integral = g && is_integer(x.dtype());
  for (int64_t i = 0; i < out.size(); ++i, at_x.next(), at_y.next()) {
    if (integral) {
      const int64_t value = g(read_int(x, at_x()), read_int(y, at_y()));
      write_ints(out, i, std::span(&value, 1));
    } else {
      const double value = f(read_double(x, at_x()), read_double(y, at_y()));
      write_doubles(out, i, std::span(&value, 1));
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

}  // namespace wf
