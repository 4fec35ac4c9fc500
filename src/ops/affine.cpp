// affine: an image read at the points a linear map sends the output's pixels to.
#include <fmt/format.h>

#include "ops/grid_sample.h"
#include "ops/windows.h"
#include "ops/work_buffer.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloats, 'T'),
                             Param("transform_matrix").of(kFloats, 'T'),
                             Param("output_height").ints().constant(),
                             Param("output_width").ints().constant(),
                             Param("sampling_mode").text().constant(),
                             Param("padding_mode").text().constant(),
                             Param("padding_value").of(kFloats, 'T').constant(),
                             Param("coordinates_mode").text().constant(),
                             Param("align_corners").flags().constant()};
constexpr std::string_view kSamples[] = {
    "x=T[2,3,4,5] transform_matrix=T[1,6] output_height=3 output_width=4 sampling_mode=\"bilinear\" "
    "padding_mode=\"constant\" padding_value=0.0 coordinates_mode=\"normalized_minus_one_to_one\" "
    "align_corners=true",
    "x=T[2,1,3,3] transform_matrix=T[2,6] output_height=1 output_width=5 sampling_mode=\"bilinear\" "
    "padding_mode=\"constant\" padding_value=0.0 coordinates_mode=\"normalized_minus_one_to_one\" "
    "align_corners=false",
    "x=T[0,1,3,3] transform_matrix=T[1,6] output_height=2 output_width=2 sampling_mode=\"bilinear\" "
    "padding_mode=\"constant\" padding_value=0.0 coordinates_mode=\"normalized_minus_one_to_one\" "
    "align_corners=true"};

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  const Shape& matrix = call.shape("transform_matrix");
  if (x.size() != 4)
    return call.error(fmt::format("x is {}, expected [n, channels, height, width]", to_string(x)));
  const auto fits = [](int64_t size, int64_t wanted) {
    return size == wanted || size == kUnknownSize || wanted == kUnknownSize;
  };
  if (matrix.size() != 2 || !fits(matrix[1], 6) || !(fits(matrix[0], 1) || fits(matrix[0], x[0]))) {
    return call.error(fmt::format("transform_matrix is {}, expected [{} or 1, 6]", to_string(matrix), x[0]));
  }
  const int64_t height = call.integer("output_height"), width = call.integer("output_width");
  if (height < 1 || width < 1 || height > kMaxSpatialSize || width > kMaxSpatialSize) {
    return call.error(fmt::format("the output would be {} x {}, expected at least 1 x 1", height, width));
  }
  WF_TRY(const GridSampling sampling, GridSampling::of(call));
  if (sampling.coordinates != CoordinatesMode::kMinusOneToOne) {
    return call.error(
        "coordinates_mode must be normalized_minus_one_to_one: the operation is not defined for others");
  }
  return std::vector<ValueType>{tensor_type(call.dtype("x"), {x[0], x[1], height, width})};
}

// The coordinate of an output pixel: -1 to 1 from the first to the last, or from edge to edge. A single
// aligned pixel sits in the middle.
double coordinate_of(int64_t i, int64_t count, bool align_corners) {
  const auto at = static_cast<double>(i), size = static_cast<double>(count);
  if (!align_corners) return (2 * at + 1) / size - 1;
  return count == 1 ? 0.0 : 2 * at / (size - 1) - 1;
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  const Tensor& matrix = eval.input("transform_matrix");
  WF_TRY(Tensor out, eval.make_output(0));
  WF_TRY(const GridSampling sampling, GridSampling::of(eval));
  if (out.size() > 0) {
    const int64_t height = x.shape()[2], width = x.shape()[3], channels = x.shape()[1];
    const int64_t rows = out.shape()[2], columns = out.shape()[3];
    WF_TRY(WorkBuffer row, WorkBuffer::make(columns));
    for (int64_t line = 0; line < out.size() / columns; ++line) {
      WF_CHECK(eval.tick());
      const int64_t plane = line / rows;
      double m[6];
      read_doubles(matrix, matrix.shape()[0] == 1 ? 0 : plane / channels * 6, m);
      const double v = coordinate_of(line % rows, rows, sampling.align_corners);
      for (int64_t i = 0; i < columns; ++i) {
        const double u = coordinate_of(i, columns, sampling.align_corners);
        row.data()[i] = sample(x, plane * height * width, height, width,
                               sampling.to_pixels(m[0] * u + m[1] * v + m[2], width),
                               sampling.to_pixels(m[3] * u + m[4] * v + m[5], height), sampling);
      }
      write_doubles(out, line * columns, row.all());
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "affine",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "The output pixel at (u, v), both -1 to 1, is x read at (a0 u + a1 v + a2, b0 u + b1 v + b2), "
           "transform_matrix "
           "[n or 1, 6] holding a0 a1 a2 b0 b1 b2; sampling as resample. Source: MIL, iOS15 image resizing.",
}};

}  // namespace

WF_OP_FILE(affine, kDefs);
}  // namespace wf
