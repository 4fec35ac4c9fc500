#include "ops/elementwise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/float16.h"

namespace wf {
namespace {

void read(const Tensor& tensor, int64_t first, std::span<double> out) { read_doubles(tensor, first, out); }
void read(const Tensor& tensor, int64_t first, std::span<int64_t> out) { read_ints(tensor, first, out); }
void write(Tensor& tensor, int64_t first, std::span<const double> in) { write_doubles(tensor, first, in); }
void write(Tensor& tensor, int64_t first, std::span<const int64_t> in) { write_ints(tensor, first, in); }

template <class T>
void map_one(const Tensor& x, Tensor& out, const std::function<T(T)>& f) {
  T buffer[kChunk];
  for (int64_t at = 0; at < x.size(); at += kChunk) {
    const std::span<T> part(buffer, static_cast<size_t>(std::min(kChunk, x.size() - at)));
    read(x, at, part);
    for (T& value : part) value = f(value);
    write(out, at, part);
  }
}

template <class T>
void map_two(const Tensor& x, const Tensor& y, Tensor& out, const std::function<T(T, T)>& f) {
  T a[kChunk], b[kChunk];
  for (BroadcastRuns runs(out.shape(), {x.shape(), y.shape()}); runs.next();) {
    runs.read(0, x, std::span(a, runs.length()));
    runs.read(1, y, std::span(b, runs.length()));
    for (size_t i = 0; i < runs.length(); ++i) a[i] = f(a[i], b[i]);
    write(out, runs.first(), std::span<const T>(a, runs.length()));
  }
}

template <class T>
void read_run(const Tensor& tensor, int64_t start, bool is_one, std::span<T> out) {
  read(tensor, start, is_one ? out.first(1) : out);
  if (is_one) std::fill(out.begin() + 1, out.end(), out[0]);
}

Result<std::vector<ValueType>> broadcast_type(const Call& call, DType dtype) {
  auto shape = broadcast_shapes(call.shape("x"), call.shape("y"));
  if (!shape) return call.error(shape.error().message);
  return std::vector<ValueType>{tensor_type(dtype, *shape)};
}

}  // namespace

Result<std::vector<ValueType>> infer_like_x(const Call& call) {
  return std::vector<ValueType>{call.type("x")};
}

Result<std::vector<ValueType>> infer_like_x_with_scalars(const Call& call) {
  for (const Param& param : call.def().params) {
    if (param.name() == "x" || !call.has(param.name())) continue;
    const Shape& shape = call.shape(param.name());
    if (std::ranges::any_of(shape, [](int64_t size) { return size == 0 || size > 1; })) {
      return call.error(fmt::format("'{}' must be a scalar, found shape {}", param.name(), to_string(shape)));
    }
  }
  return infer_like_x(call);
}

Result<std::vector<ValueType>> infer_broadcast(const Call& call) {
  return broadcast_type(call, call.dtype("x"));
}
Result<std::vector<ValueType>> infer_broadcast_to_bool(const Call& call) {
  return broadcast_type(call, DType::kBool);
}

Status map_unary(Evaluation& eval, const std::function<double(double)>& f,
                 const std::function<int64_t(int64_t)>& g) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, eval.make_output(0));
  if (g && is_integer(x.dtype()))
    map_one<int64_t>(x, out, g);
  else
    map_one<double>(x, out, f);
  eval.set_output(0, std::move(out));
  return {};
}

Status map_binary(Evaluation& eval, const std::function<double(double, double)>& f,
                  const std::function<int64_t(int64_t, int64_t)>& g) {
  const Tensor& x = eval.input("x");
  const Tensor& y = eval.input("y");
  WF_TRY(Tensor out, eval.make_output(0));
  if (g && is_integer(x.dtype()))
    map_two<int64_t>(x, y, out, g);
  else
    map_two<double>(x, y, out, f);
  eval.set_output(0, std::move(out));
  return {};
}

double nan_max(double a, double b) { return std::isnan(a) || a > b ? a : b; }
double nan_min(double a, double b) { return std::isnan(a) || a < b ? a : b; }

double rounded_to(DType dtype, double value) {
  switch (dtype) {
    case DType::kFloat16:
      return half_to_double(double_to_half(value));
    case DType::kFloat32:
      return static_cast<float>(value);
    default:
      return value;
  }
}

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

BroadcastRuns::BroadcastRuns(const Shape& to, std::initializer_list<Shape> operands) {
  if (std::ranges::find(to, 0) != to.end()) return;  // nothing to walk
  std::vector<Shape> padded;
  for (const Shape& operand : operands) {
    padded.emplace_back(to.size() - operand.size(), 1);
    padded.back().insert(padded.back().end(), operand.begin(), operand.end());
  }

  // The tail is the longest row of last dimensions in which each operand is either as large as the result or
  // of size 1.
  std::vector<int64_t> tails(padded.size(), 1);
  size_t cut = to.size();
  const auto extends = [&](size_t dim) {
    for (size_t i = 0; i < padded.size(); ++i) {
      const bool stays_whole = tails[i] == tail_ && padded[i][dim] == to[dim];
      const bool stays_one = tails[i] == 1 && padded[i][dim] == 1;
      if (!stays_whole && !stays_one) return false;
    }
    return true;
  };
  for (; cut > 0 && extends(cut - 1); --cut) {
    tail_ *= to[cut - 1];
    for (size_t i = 0; i < padded.size(); ++i) tails[i] *= padded[i][cut - 1];
  }

  const auto split = to.begin() + static_cast<std::ptrdiff_t>(cut);
  const Shape outer(to.begin(), split);
  total_ = tail_;
  for (const int64_t size : outer) total_ *= size;
  for (size_t i = 0; i < padded.size(); ++i) {
    padded[i].resize(cut);
    operands_.push_back({BroadcastIndex(padded[i], outer), tails[i]});
  }
}

bool BroadcastRuns::next() {
  first_ += length_;
  offset_ += length_;
  if (first_ >= total_) return false;
  if (offset_ == tail_) {
    offset_ = 0;
    for (Operand& operand : operands_) operand.outer.next();
  }
  length_ = std::min(kChunk, tail_ - offset_);
  return true;
}

int64_t BroadcastRuns::start(size_t operand) const {
  const Operand& of = operands_[operand];
  return of.outer() * of.tail + (of.tail == 1 ? 0 : offset_);
}

void BroadcastRuns::read(size_t operand, const Tensor& tensor, std::span<double> out) const {
  read_run(tensor, start(operand), is_one(operand), out);
}
void BroadcastRuns::read(size_t operand, const Tensor& tensor, std::span<int64_t> out) const {
  read_run(tensor, start(operand), is_one(operand), out);
}

}  // namespace wf
