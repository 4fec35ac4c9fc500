// constexpr_affine_dequantize: 8-bit weights with a scale and a zero point per tensor or channel.
#include <fmt/format.h>

#include "ops/constexpr_weights.h"

namespace wf {
namespace {

constexpr DTypeSet kBytes{DType::kInt8, DType::kUInt8};
constexpr Param kParams[] = {Param("quantized_data").of(kBytes).constant(),
                             Param("zero_point").of(kBytes | DTypeSet{DType::kFloat32}).constant(),
                             Param("scale").of(kFloats).constant(), Param("axis").ints().constant()};
constexpr std::string_view kSamples[] = {
    "quantized_data=uint8[3,4] zero_point=uint8:128 scale=f:0.125 axis=0",
    "quantized_data=int8[2,3] zero_point=int8[3] scale=T[3]@0.1:1 axis=-1"};

Status check_vector(const Call& call, std::string_view name, int64_t channels) {
  const Shape& shape = call.shape(name);
  if (shape.empty() || (shape.size() == 1 && shape[0] == channels)) return {};
  return call.error(
      fmt::format("'{}' has shape {}, expected a scalar or [{}]", name, to_string(shape), channels));
}

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& data = call.shape("quantized_data");
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), call.rank("quantized_data")));
  WF_CHECK(check_vector(call, "scale", data[static_cast<size_t>(axis)]));
  WF_CHECK(check_vector(call, "zero_point", data[static_cast<size_t>(axis)]));
  return std::vector<ValueType>{tensor_type(call.dtype("scale"), data)};
}

// (float(q) - float(zero_point)) * float(scale), all in fp32, then to the dtype of the scale.
Status reference(Evaluation& eval) {
  const Tensor& data = eval.input("quantized_data");
  const Tensor& zero_point = eval.input("zero_point");
  const Tensor& scale = eval.input("scale");
  WF_TRY(const int64_t axis, normalized_axis(eval, eval.integer("axis"), data.rank()));
  WF_TRY(Tensor out, Tensor::allocate(scale.dtype(), data.shape()));
  Shape channels(data.shape().size(), 1);
  channels[static_cast<size_t>(axis)] = std::max<int64_t>(data.shape()[static_cast<size_t>(axis)], 1);
  double values[kStretch];
  for_each_stretch(data.shape(), channels, [&](int64_t first, int64_t count, int64_t channel) {
    const auto shift = static_cast<float>(read_double(zero_point, zero_point.rank() == 0 ? 0 : channel));
    const auto factor = static_cast<float>(read_double(scale, scale.rank() == 0 ? 0 : channel));
    const std::span stretch(values, static_cast<size_t>(count));
    read_doubles(data, first, stretch);
    for (double& value : stretch) value = (static_cast<float>(value) - shift) * factor;
    write_doubles(out, first, stretch);
  });
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "constexpr_affine_dequantize",
    .since = Opset::kIos16,
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "(quantized_data - zero_point) * scale in fp32, rounded to the dtype of scale; scale and "
           "zero_point are scalars or vectors "
           "along `axis`. The parameters are attributes in files. Source: MIL, iOS16 constexpr_ops.",
}};

}  // namespace

WF_OP_FILE(constexpr_affine_dequantize, kDefs);
}  // namespace wf
