#include "ops/normalization.h"

#include <cmath>

namespace wf {

Moments moments_of(const Tensor& tensor, int64_t first, const IndexGroup& group) {
  const auto count = static_cast<double>(group.count());
  Moments moments;
  for_each_chunk(tensor, first, group, [&](int64_t, std::span<double> values) {
    for (const double value : values) moments.mean += value;
  });
  moments.mean /= count;
  for_each_chunk(tensor, first, group, [&](int64_t, std::span<double> values) {
    for (const double value : values) moments.variance += (value - moments.mean) * (value - moments.mean);
  });
  moments.variance /= count;
  return moments;
}

void normalize(const Tensor& x, int64_t first, const IndexGroup& group, const Moments& moments,
               double epsilon, const Affine& affine, Tensor& out) {
  const double deviation = std::sqrt(moments.variance + epsilon);
  for_each_chunk(x, first, group, [&](int64_t from, std::span<double> values) {
    for (size_t i = 0; i < values.size(); ++i) {
      const int64_t at = affine.per_element ? from + static_cast<int64_t>(i) : affine.fixed;
      const double gain = affine.gain ? read_double(*affine.gain, at) : 1.0;
      const double shift = affine.shift ? read_double(*affine.shift, at) : 0.0;
      values[i] = gain * (values[i] - moments.mean) / deviation + shift;
    }
    scatter_doubles(out, first, group, from, values);
  });
}

}  // namespace wf
