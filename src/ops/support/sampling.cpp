#include "ops/sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ops/windows.h"
#include "ops/work_buffer.h"

namespace wf {
namespace {

constexpr size_t kMaxDimensions = 5;

}  // namespace

Result<SamplingMode> sampling_mode_of(const Call& call) {
  const std::string text = call.text("sampling_mode");
  if (text == "DEFAULT") return SamplingMode::kDefault;
  if (text == "STRICT_ALIGN_CORNERS") return SamplingMode::kStrictAlignCorners;
  if (text == "ALIGN_CORNERS") return SamplingMode::kAlignCorners;
  if (text == "OFFSET_CORNERS") return SamplingMode::kOffsetCorners;
  if (text == "UNALIGN_CORNERS") return SamplingMode::kUnalignCorners;
  return call.error(
      fmt::format("sampling_mode is '{}', expected DEFAULT, STRICT_ALIGN_CORNERS, ALIGN_CORNERS, "
                  "OFFSET_CORNERS or UNALIGN_CORNERS",
                  text));
}

double SampledAxis::position(SamplingMode mode, int64_t i) const {
  const auto at = static_cast<double>(i), count = static_cast<double>(out);
  const double size = last - first + 1;
  switch (mode) {
    case SamplingMode::kStrictAlignCorners:
    case SamplingMode::kAlignCorners:
      if (out == 1) return mode == SamplingMode::kAlignCorners ? (first + last) / 2 : first;
      return (first * (count - 1 - at) + last * at) / (count - 1);  // both ends exact
    case SamplingMode::kDefault:
      return first + at * size / count;
    case SamplingMode::kOffsetCorners:
      return first + (at + 0.5) * std::max(1.0, last - first) / count;
    case SamplingMode::kUnalignCorners:
      return first + (at + 0.5) * size / count - 0.5;
  }
  return first;
}

double interpolate(const Tensor& tensor, int64_t first, std::span<const int64_t> strides,
                   std::span<const double> position) {
  // Dimensions between two elements contribute both; the others just move the start.
  std::array<double, kMaxDimensions> fraction;
  std::array<int64_t, kMaxDimensions> stride;
  size_t between = 0;
  for (size_t d = 0; d < position.size(); ++d) {
    const double low = std::floor(position[d]);
    first += static_cast<int64_t>(low) * strides[d];
    if (position[d] == low) continue;
    fraction[between] = position[d] - low;
    stride[between++] = strides[d];
  }
  double sum = 0;
  for (size_t corner = 0; corner < (size_t{1} << between); ++corner) {
    double weight = 1;
    int64_t at = first;
    for (size_t d = 0; d < between; ++d) {
      const bool high = corner >> d & 1;
      weight *= high ? fraction[d] : 1 - fraction[d];
      if (high) at += stride[d];
    }
    sum += weight * read_double(tensor, at);
  }
  return sum;
}

double linear_position(SamplingMode mode, int64_t in, int64_t out, int64_t i) {
  return SampledAxis{0, static_cast<double>(in - 1), out}.position(mode, i);
}

double nearest_position(SamplingMode mode, int64_t in, int64_t out, int64_t i) {
  if (mode == SamplingMode::kDefault) return static_cast<double>((2 * i + 1) * in / (2 * out));
  return std::floor(linear_position(mode, in, out, i) + 0.5);
}

double floor_position(SamplingMode, int64_t in, int64_t out, int64_t i) {
  return static_cast<double>(i * in / out);
}

Status resize_last(Evaluation& eval, size_t dimensions, SamplingMode mode, PositionRule rule) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, eval.make_output(0));
  if (out.size() > 0) {
    const auto in_sizes = std::span(x.shape()).last(dimensions),
               out_sizes = std::span(out.shape()).last(dimensions);
    const Shape strides = dense_strides(in_sizes);
    const int64_t in_block = *element_count(in_sizes), width = dimensions > 0 ? out_sizes.back() : 1;
    const int64_t rows = *element_count(out_sizes) / width;  // of one block
    const auto position = [&](size_t d, int64_t i) {
      return std::clamp(rule(mode, in_sizes[d], out_sizes[d], i), 0.0, static_cast<double>(in_sizes[d] - 1));
    };
    WF_TRY(WorkBuffer row, WorkBuffer::make(width));
    std::array<double, kMaxDimensions> at{};
    for (int64_t line = 0; line < out.size() / width; ++line) {
      WF_CHECK(eval.tick());
      int64_t rest = line % rows;
      for (size_t d = dimensions; d-- > 1;) {
        at[d - 1] = position(d - 1, rest % out_sizes[d - 1]);
        rest /= out_sizes[d - 1];
      }
      for (int64_t i = 0; i < width; ++i) {
        if (dimensions > 0) at[dimensions - 1] = position(dimensions - 1, i);
        row.data()[i] = interpolate(x, line / rows * in_block, strides, std::span(at).first(dimensions));
      }
      write_doubles(out, line * width, row.all());
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

Result<std::vector<ValueType>> infer_resized(const Call& call, std::span<const int64_t> sizes) {
  Shape shape = call.shape("x");
  if (sizes.size() > kMaxDimensions || sizes.size() > shape.size()) {
    return call.error(
        fmt::format("x is {}, {} dimensions cannot be resized", to_string(shape), sizes.size()));
  }
  const size_t lead = shape.size() - sizes.size();
  for (size_t d = 0; d < sizes.size(); ++d) {
    int64_t& size = shape[lead + d];
    if (sizes[d] != kUnknownSize && (sizes[d] < 1 || sizes[d] > kMaxSpatialSize)) {
      return call.error(
          fmt::format("a dimension would be resized to {}, expected 1 to {}", sizes[d], kMaxSpatialSize));
    }
    if (size == 0 || size > kMaxSpatialSize) {
      return call.error(fmt::format("a dimension of size {} cannot be resized", size));
    }
    size = sizes[d];
  }
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(shape))};
}

}  // namespace wf
