// resample: an image read at the points of a coordinate tensor.
#include <fmt/format.h>

#include "ops/grid_sample.h"
#include "ops/work_buffer.h"

namespace wf {
namespace {

constexpr DTypeSet kCoordinates15{DType::kInt32, DType::kFloat32};
constexpr DTypeSet kCoordinates16 = kCoordinates15 | DTypeSet{DType::kFloat16};
constexpr DTypeSet kCoordinates17 = kCoordinates16 | kSmallInts;

template <const DTypeSet& kCoordinates>
constexpr Param kParams[] = {Param("x").of(kFloats, 'T'),
                             Param("coordinates").of(kCoordinates),
                             Param("sampling_mode").text().constant(),
                             Param("padding_mode").text().constant(),
                             Param("padding_value").of(kFloats, 'T').constant(),
                             Param("coordinates_mode").text().constant(),
                             Param("align_corners").flags().constant()};

constexpr std::string_view kSamples[] = {
    "x=T[2,3,4,5] coordinates=fp32[2,3,2,2]@-1.3:1.3 sampling_mode=\"bilinear\" padding_mode=\"constant\" "
    "padding_value=0.5 coordinates_mode=\"normalized_minus_one_to_one\" align_corners=false",
    "x=T[1,2,4,5] coordinates=fp32[1,3,4,2]@-0.5:1.5 sampling_mode=\"bilinear\" padding_mode=\"reflection\" "
    "padding_value=0.0 coordinates_mode=\"normalized_zero_to_one\" align_corners=true",
    "x=T[1,2,4,5] coordinates=fp32[1,3,4,2]@-9:9 sampling_mode=\"nearest\" padding_mode=\"symmetric\" "
    "padding_value=0.0 "
    "coordinates_mode=\"unnormalized\" align_corners=false",
    "x=T[1,2,4,5] coordinates=int32[1,3,4,2] sampling_mode=\"nearest\" padding_mode=\"border\" "
    "padding_value=0.0 "
    "coordinates_mode=\"unnormalized\" align_corners=false"};

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  const Shape& points = call.shape("coordinates");
  if (x.size() != 4)
    return call.error(fmt::format("x is {}, expected [n, channels, height, width]", to_string(x)));
  const bool same_batch =
      points.size() == 4 && (points[0] == x[0] || points[0] == kUnknownSize || x[0] == kUnknownSize);
  if (!same_batch || (points[3] != 2 && points[3] != kUnknownSize)) {
    return call.error(
        fmt::format("coordinates is {}, expected [{}, height, width, 2]", to_string(points), x[0]));
  }
  WF_CHECK(GridSampling::of(call));
  return std::vector<ValueType>{tensor_type(call.dtype("x"), {x[0], x[1], points[1], points[2]})};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  const Tensor& points = eval.input("coordinates");
  WF_TRY(Tensor out, eval.make_output(0));
  WF_TRY(const GridSampling sampling, GridSampling::of(eval));
  if (out.size() > 0) {
    const int64_t height = x.shape()[2], width = x.shape()[3], columns = out.shape()[3];
    const int64_t rows_of_plane = out.shape()[2], channels = out.shape()[1];
    WF_TRY(WorkBuffer row, WorkBuffer::make(columns));
    WF_TRY(WorkBuffer at, WorkBuffer::make(2 * columns));
    for (int64_t line = 0; line < out.size() / columns; ++line) {
      WF_CHECK(eval.tick());
      const int64_t plane = line / rows_of_plane;
      const int64_t grid_row = plane / channels * rows_of_plane + line % rows_of_plane;
      read_doubles(points, grid_row * 2 * columns, at.all());
      for (int64_t i = 0; i < columns; ++i) {
        const double u = sampling.to_pixels(at.data()[2 * i], width),
                     v = sampling.to_pixels(at.data()[2 * i + 1], height);
        row.data()[i] = sample(x, plane * height * width, height, width, u, v, sampling);
      }
      write_doubles(out, line * columns, row.all());
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "out[n, c, i, j] is x[n, c] read at (column, row) = coordinates[n, i, j]. Coordinates: -1 to 1, 0 to 1 "
    "(the ends are "
    "the middles of the outer pixels if align_corners, else their outer edges), or pixels. bilinear, or "
    "nearest with ties "
    "to even. Outside: padding_value for each pixel missing, the border, or mirrored at the middles "
    "(reflection) or outer "
    "edges (symmetric) of the border's pixels. Source: MIL, iOS15 to iOS17 image resizing; PyTorch's "
    "grid_sample.";

constexpr OpDef kDefs[] = {
    {.name = "resample",
     .params = kParams<kCoordinates15>,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "resample",
     .since = Opset::kIos16,
     .params = kParams<kCoordinates16>,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "resample",
     .since = Opset::kIos17,
     .params = kParams<kCoordinates17>,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(resample, kDefs);
}  // namespace wf
