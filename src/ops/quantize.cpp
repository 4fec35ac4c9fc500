// quantize and dequantize: affine 8-bit integers with one scale, or one for each element of an axis.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr DTypeSet kBytes{DType::kInt8, DType::kUInt8};
constexpr Param kQuantize[] = {
    Param("input").of(kFloats, 'S'), Param("zero_point").of(kBytes).constant().optional(),
    Param("scale").of(kFloats, 'S').constant(), Param("axis").ints().constant().optional(),
    Param("output_dtype").text().constant()};
constexpr Param kDequantize[] = {
    Param("input").of(kBytes, 'S'), Param("zero_point").of(kBytes, 'S').constant().optional(),
    Param("scale").of(kFloats).constant(), Param("axis").ints().constant().optional()};
constexpr std::string_view kQuantizeSamples[] = {
    "input=T[2,3,5] scale=0.05 output_dtype=\"int8\"",
    "input=T[2,3,5] scale=T[3]@0.01:0.1 zero_point=uint8[3] axis=1 output_dtype=\"uint8\"",
    "input=T[0,2] scale=T[2]@0.1:1 axis=-1 output_dtype=\"int8\""};
constexpr std::string_view kDequantizeSamples[] = {
    "input=int8[2,3,5]@-128:128 scale=0.05",
    "input=uint8[2,3,5] scale=T[3]@0.01:0.1 zero_point=uint8[3] axis=1",
    "input=int8[4] scale=f:0.5 zero_point=int8:-3", "input=int8[0,2] scale=T[2] axis=1"};

bool is_scalar(const Shape& shape) {
  return std::ranges::all_of(shape, [](int64_t size) { return size == 1; });
}

// The shape under which scale and zero_point broadcast against the input.
Result<Shape> parameter_shape(const Call& call) {
  const Shape& scale = call.shape("scale");
  const Shape& input = call.shape("input");
  if (call.has("zero_point") && call.shape("zero_point") != scale) {
    return call.error(fmt::format("zero_point has shape {}, expected scale's, {}",
                                  to_string(call.shape("zero_point")), to_string(scale)));
  }
  if (is_scalar(scale)) return Shape{};
  if (scale.size() != 1 || !call.has("axis")) {
    return call.error(
        fmt::format("scale has shape {}: expected a scalar, or a vector and an axis", to_string(scale)));
  }
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), call.rank("input")));
  const int64_t size = input[static_cast<size_t>(axis)];
  if (size >= 0 && scale[0] >= 0 && size != scale[0]) {
    return call.error(
        fmt::format("scale has {} elements, axis {} of the input {}", scale[0], axis, to_string(input)));
  }
  Shape shape(input.size(), 1);
  shape[static_cast<size_t>(axis)] = scale[0];
  return shape;
}

Result<std::vector<ValueType>> infer_quantize(const Call& call) {
  const std::string name = call.text("output_dtype");
  if (name != "int8" && name != "uint8") {
    return call.error(fmt::format("output_dtype is '{}', expected int8 or uint8", name));
  }
  const DType dtype = *dtype_from_name(name);
  if (call.has("zero_point") && call.dtype("zero_point") != dtype) {
    return call.error(fmt::format("zero_point is {}, output_dtype {}: expected the same",
                                  name_of(call.dtype("zero_point")), name));
  }
  WF_CHECK(parameter_shape(call));
  return std::vector<ValueType>{tensor_type(dtype, call.shape("input"))};
}

Result<std::vector<ValueType>> infer_dequantize(const Call& call) {
  WF_CHECK(parameter_shape(call));
  return std::vector<ValueType>{tensor_type(call.dtype("scale"), call.shape("input"))};
}

// output = f(input, scale, zero point)
template <class F>
Status map_quantized(Evaluation& eval, F f) {
  const Tensor& input = eval.input("input");
  WF_TRY(const Shape shape, parameter_shape(eval));
  WF_TRY(Tensor out, eval.make_output(0));
  double values[kChunk], scales[kChunk], zeros[kChunk] = {};
  for (BroadcastRuns runs(input.shape(), {input.shape(), shape}); runs.next();) {
    const size_t count = runs.length();
    runs.read(0, input, std::span(values, count));
    runs.read(1, eval.input("scale"), std::span(scales, count));
    if (eval.has("zero_point")) runs.read(1, eval.input("zero_point"), std::span(zeros, count));
    for (size_t i = 0; i < count; ++i) values[i] = f(values[i], scales[i], zeros[i]);
    write_doubles(out, runs.first(), std::span<const double>(values, count));
  }
  eval.set_output(0, std::move(out));
  return {};
}

// The quotient is rounded to the input's dtype before it is rounded to an integer; the output's dtype
// saturates.
Status quantize(Evaluation& eval) {
  const DType dtype = eval.storage(eval.dtype("input"));
  return map_quantized(eval, [dtype](double x, double scale, double zero) {
    return std::nearbyint(rounded_to(dtype, x / scale)) + zero;
  });
}

Status dequantize(Evaluation& eval) {
  return map_quantized(eval, [](double q, double scale, double zero) { return scale * (q - zero); });
}

constexpr OpDef kDefs[] = {
    {.name = "quantize",
     .since = Opset::kIos17,
     .params = kQuantize,
     .infer = infer_quantize,
     .reference = quantize,
     .samples = kQuantizeSamples,
     .doc = "clip(round(input / scale) + zero_point) to int8 or uint8, halves to even; scale and zero_point "
            "are scalars or "
            "vectors along axis. Source: MIL, iOS17 quantization_ops."},
    {.name = "dequantize",
     .since = Opset::kIos17,
     .params = kDequantize,
     .infer = infer_dequantize,
     .reference = dequantize,
     .samples = kDequantizeSamples,
     .doc = "scale * (input - zero_point) in scale's dtype; scale and zero_point are scalars or vectors "
            "along axis. "
            "Source: MIL, iOS17 quantization_ops."},
};

}  // namespace

WF_OP_FILE(quantize, kDefs);
}  // namespace wf
