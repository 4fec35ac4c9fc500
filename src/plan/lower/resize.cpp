// The resizing operations over the last two dimensions, channels-last.
#include <algorithm>
#include <cmath>

#include "kernels/resize/resize.h"
#include "ops/sampling.h"
#include "plan/lowering.h"

namespace wf {
namespace {

std::vector<Sample> samples(SamplingMode mode, PositionRule rule, int64_t in, int64_t out) {
  std::vector<Sample> result;
  for (int64_t i = 0; i < out; ++i) {
    const double position = std::clamp(rule(mode, in, out, i), 0.0, static_cast<double>(in - 1));
    const double below = std::floor(position);
    result.push_back({static_cast<int64_t>(below), static_cast<float>(position - below)});
  }
  return result;
}

Result<bool> resize(Lowering& l, SamplingMode mode, PositionRule rule) {
  const Shape& x_shape = l.call().shape("x");
  const Shape& out_shape = l.output_shape(0);
  if (x_shape.size() < 3 || out_shape.back() == 0 || l.call().dtype("x") != DType::kFloat32) return false;
  const size_t rank = x_shape.size();
  // [batch..., C, H, W]: the dimension before the last two innermost.
  Order order = row_major_order(rank);
  std::rotate(order.end() - 3, order.end() - 2, order.end());
  Resize r;
  for (size_t d = 0; d + 3 < rank; ++d) r.batch *= x_shape[d];
  r.channels = x_shape[rank - 3];
  r.height = x_shape[rank - 2];
  r.width = x_shape[rank - 1];
  if (r.height == 0 || r.width == 0) return false;
  r.rows = samples(mode, rule, r.height, out_shape[rank - 2]);
  r.columns = samples(mode, rule, r.width, out_shape[rank - 1]);
  WF_TRY(const View x, l.arranged("x", order));
  const View out = l.new_output(0, order);
  l.emit("resize, channels last", {x}, {out}, [r = std::move(r), isa = l.isa()](const StepIo& io) -> Status {
    resize_images(isa, r, io.at<const float>(0), io.at<float>(1), *io.pool);
    return {};
  });
  return true;
}

Result<bool> lower_upsample_bilinear(Lowering& l) {
  WF_TRY(const SamplingMode mode, upsampling_mode_of(l.call()));
  return resize(l, mode, linear_position);
}
Result<bool> lower_upsample_nearest(Lowering& l) { return resize(l, SamplingMode::kDefault, floor_position); }
Result<bool> lower_resize_bilinear(Lowering& l) {
  WF_TRY(const SamplingMode mode, sampling_mode_of(l.call()));
  return resize(l, mode, linear_position);
}
Result<bool> lower_resize_nearest(Lowering& l) { return resize(l, SamplingMode::kDefault, nearest_position); }
Result<bool> lower_resize(Lowering& l) {
  if (l.call().integer("resized_dims") != 2) return false;
  WF_TRY(const SamplingMode mode, sampling_mode_of(l.call()));
  return resize(l, mode,
                l.call().text("interpolation_mode") == "LINEAR" ? linear_position : nearest_position);
}

constexpr LowerRule kRules[] = {
    {"upsample_bilinear", lower_upsample_bilinear},
    {"upsample_nearest_neighbor", lower_upsample_nearest},
    {"resize_bilinear", lower_resize_bilinear},
    {"resize_nearest_neighbor", lower_resize_nearest},
    {"resize", lower_resize},
};

}  // namespace

WF_LOWER_FILE(resize, kRules);
}  // namespace wf
