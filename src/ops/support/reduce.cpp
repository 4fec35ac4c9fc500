#include "ops/reduce.h"

#include <numeric>

namespace wf {
namespace {

Result<std::vector<int64_t>> axes_of(const Call& call) {
  const int64_t rank = call.rank("x");
  if (const auto axes = call.ints("axes")) return normalized_axes(call, *axes, rank);
  std::vector<int64_t> all(static_cast<size_t>(rank));
  std::iota(all.begin(), all.end(), int64_t{0});
  return all;
}

}  // namespace

Result<std::vector<ValueType>> infer_reduction(const Call& call) {
  WF_TRY(const std::vector<int64_t> axes, axes_of(call));
  const Shape& x = call.shape("x");
  Shape shape;
  for (size_t i = 0; i < x.size(); ++i) {
    const bool reduced = std::ranges::find(axes, static_cast<int64_t>(i)) != axes.end();
    if (!reduced)
      shape.push_back(x[i]);
    else if (call.flag("keep_dims"))
      shape.push_back(1);
  }
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(shape))};
}

Result<Shape> kept_shape(const Evaluation& eval) {
  WF_TRY(const std::vector<int64_t> axes, axes_of(eval));
  Shape kept = eval.shape("x");
  for (const int64_t axis : axes) kept[static_cast<size_t>(axis)] = 1;
  return kept;
}

double reduced_count(const Shape& x, const Shape& kept) {
  double count = 1;
  for (size_t i = 0; i < x.size(); ++i) {
    if (kept[i] == 1) count *= static_cast<double>(x[i]);
  }
  return count;
}

}  // namespace wf
