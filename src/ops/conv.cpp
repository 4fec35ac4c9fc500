// conv: convolution over one to three spatial dimensions; conv_quantized: the same with uint8 weights.
#include <fmt/format.h>

#include <algorithm>

#include "ops/patches.h"
#include "ops/windows.h"

namespace wf {
namespace {

constexpr Param kParamsIos15[] = {Param("x").of(kFloats, 'T'),
                                  Param("weight").of(kFloats, 'T'),
                                  Param("bias").of(kFloats, 'T').optional().constant(),
                                  Param("strides").ints().optional().constant(),
                                  Param("pad_type").text().or_text("valid").constant(),
                                  Param("pad").ints().optional().constant(),
                                  Param("dilations").ints().optional().constant(),
                                  Param("groups").ints().or_integer(1).constant()};
constexpr Param kParamsIos17[] = {Param("x").of(kFloats, 'T'),
                                  Param("weight").of(kFloats, 'U'),
                                  Param("bias").of(kFloats, 'U').optional(),
                                  Param("strides").ints().optional().constant(),
                                  Param("pad_type").text().or_text("valid").constant(),
                                  Param("pad").ints().optional().constant(),
                                  Param("dilations").ints().optional().constant(),
                                  Param("groups").ints().or_integer(1).constant()};
constexpr DTypeSet kUInt8{DType::kUInt8};
constexpr Param kQuantizedParams[] = {Param("x").of(kFloats, 'T'),
                                      Param("weight").of(kUInt8),
                                      Param("bias").of(kFloats | kUInt8).optional().constant(),
                                      Param("quantization_type").text().constant(),
                                      Param("nbits").ints().or_integer(8).constant(),
                                      Param("quant_scale").of(kFloats, 'T').constant(),
                                      Param("quant_bias").of(kFloats, 'T').constant(),
                                      Param("strides").ints().optional().constant(),
                                      Param("pad_type").text().or_text("valid").constant(),
                                      Param("pad").ints().optional().constant(),
                                      Param("dilations").ints().optional().constant(),
                                      Param("groups").ints().or_integer(1).constant()};

constexpr std::string_view kSamples[] = {
    "x=T[2,3,9] weight=T[4,3,3]",
    "x=T[1,4,7,6] weight=T[6,2,3,2] bias=T[6] groups=2 strides={2,1} pad_type=\"custom\" pad={1,0,2,1}",
    "x=T[1,3,8,9] weight=T[5,3,3,3] pad_type=\"same\" strides={2,3}",
    "x=T[1,2,8,9] weight=T[3,2,4,2] pad_type=\"same_lower\" strides={2,1} dilations={1,2}",
    "x=T[2,4,5,5] weight=T[4,1,3,3] groups=4 pad_type=\"same\"",
    "x=T[1,2,4,5,6] weight=T[3,2,2,3,2] bias=T[3] strides={1,2,2} dilations={2,1,1}",
    "x=T[0,3,5,5] weight=T[2,3,1,1]",
};
constexpr std::string_view kQuantizedSamples[] = {
    "x=T[1,3,6,5] weight=uint8[4,3,3,3] quantization_type=\"linear\" quant_scale={0.01} quant_bias={-1.0} "
    "bias=T[4]",
    "x=T[2,4,6] weight=uint8[4,2,3] quantization_type=\"linear\" quant_scale=T[4] quant_bias=T[4] groups=2",
    "x=T[1,2,3,4,5] weight=uint8[3,2,2,2,2] quantization_type=\"linear\" quant_scale={0.5} quant_bias={0.25} "
    "pad_type=\"same\"",
};

std::span<const int64_t> spatial(const Shape& shape) { return std::span(shape).subspan(2); }

Result<std::vector<Window>> windows_of(const Call& call) {
  return sliding_windows(call, spatial(call.shape("x")), spatial(call.shape("weight")));
}

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  const Shape& weight = call.shape("weight");
  if (x.size() < 3 || x.size() > 5) {
    return call.error(fmt::format("x is {}, expected rank 3 to 5: [n, channels, spatial...]", to_string(x)));
  }
  if (weight.size() != x.size()) {
    return call.error(fmt::format("weight is {}, expected rank {} as x has", to_string(weight), x.size()));
  }
  WF_CHECK(check_kernel_volume(call, spatial(weight)));
  const int64_t groups = call.integer("groups");
  if (groups < 1) return call.error(fmt::format("groups is {}, expected at least 1", groups));
  if (weight[0] != kUnknownSize && weight[0] % groups != 0) {
    return call.error(fmt::format("{} output channels do not divide into {} groups", weight[0], groups));
  }
  if (x[1] != kUnknownSize &&
      (x[1] % groups != 0 || (weight[1] != kUnknownSize && weight[1] != x[1] / groups))) {
    return call.error(
        fmt::format("x has {} channels in {} groups, weight is {}: expected [out, channels / groups, ...]",
                    x[1], groups, to_string(weight)));
  }
  if (call.has("bias")) {
    const Shape& bias = call.shape("bias");
    if (bias.size() != 1 || (bias[0] != kUnknownSize && weight[0] != kUnknownSize && bias[0] != weight[0])) {
      return call.error(fmt::format("bias is {}, expected [{}]", to_string(bias), weight[0]));
    }
  }
  WF_TRY(const std::vector<Window> windows, windows_of(call));
  Shape out{x[0], weight[0]};
  for (const Window& window : windows) out.push_back(window.out);
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

// Any number of parameters per output channel: one for all, or one each.
Status check_per_channel(const Call& call, std::string_view name) {
  const Tensor& held = *call.tensor(name);
  const int64_t channels = call.shape("weight")[0];
  if (held.size() == 1 || held.size() == channels) return {};
  return call.error(fmt::format("'{}' has {} elements, expected 1 or {}", name, held.size(), channels));
}

Result<std::vector<ValueType>> infer_quantized(const Call& call) {
  WF_TRY(std::vector<ValueType> types, infer(call));
  const std::string kind = call.text("quantization_type");
  if (kind == "lut") {
    return Error(ErrorCode::kUnsupported,
                 "quantization_type 'lut' needs a table that the operation has no parameter for",
                 call.op().label());
  }
  if (kind != "linear") return call.error(fmt::format("quantization_type is '{}', expected linear", kind));
  const int64_t bits = call.integer("nbits");
  if (bits < 1 || bits > 8) return call.error(fmt::format("nbits is {}, expected 1 to 8", bits));
  WF_CHECK(check_per_channel(call, "quant_scale"));
  WF_CHECK(check_per_channel(call, "quant_bias"));
  return types;
}

Status run(Evaluation& eval, const ChannelWeights& weights) {
  const Tensor& x = eval.input("x");
  const Shape& weight = eval.input("weight").shape();
  WF_TRY(Tensor out, eval.make_output(0));
  WF_TRY(const std::vector<Window> windows, windows_of(eval));
  const std::array<Window, 3> w = as_three(windows);

  ConvolutionSizes sizes;
  sizes.batch = x.shape()[0];
  sizes.groups = eval.integer("groups");
  sizes.channels_in = weight[1];
  sizes.channels_out = weight[0] / sizes.groups;
  PatchGrid grid;
  for (size_t d = 0; d < 3; ++d) {
    sizes.in[d] = w[d].in;
    sizes.out[d] = w[d].out;
    grid.count[d] = w[d].out;
    grid.step[d] = w[d].stride;
  }
  for (int64_t a = 0; a < w[0].kernel; ++a) {
    for (int64_t b = 0; b < w[1].kernel; ++b) {
      for (int64_t c = 0; c < w[2].kernel; ++c) {
        grid.taps.push_back({a * w[0].dilation - w[0].before, b * w[1].dilation - w[1].before,
                             c * w[2].dilation - w[2].before});
      }
    }
  }
  const Tensor* bias = eval.has("bias") ? &eval.input("bias") : nullptr;
  WF_CHECK(convolve(eval, x, sizes, grid, weights, bias, out));
  eval.set_output(0, std::move(out));
  return {};
}

Status reference(Evaluation& eval) {
  const Tensor& weight = eval.input("weight");
  return run(eval, [&](int64_t channel, std::span<double> row) {
    read_doubles(weight, channel * static_cast<int64_t>(row.size()), row);
  });
}

Status quantized_reference(Evaluation& eval) {
  const Tensor& weight = eval.input("weight");
  const Tensor& scale = eval.input("quant_scale");
  const Tensor& shift = eval.input("quant_bias");
  return run(eval, [&](int64_t channel, std::span<double> row) {
    read_doubles(weight, channel * static_cast<int64_t>(row.size()), row);
    const double s = read_double(scale, scale.size() == 1 ? 0 : channel);
    const double b = read_double(shift, shift.size() == 1 ? 0 : channel);
    for (double& value : row) value = value * s + b;
  });
}

constexpr std::string_view kDoc =
    "out[n, c, o] = bias[c] + sum over the group's input channels i and taps k of weight[c, i, k] * "
    "x[n, i, o * stride + k * dilation - pad_before], x being 0 outside. x [n, C_in, D...], weight [C_out, "
    "C_in / groups, "
    "K...], one to three spatial dimensions. pad counts for pad_type custom only; same: out = ceil(D / "
    "stride), the odd "
    "padding element after (same_lower: before). Source: MIL, iOS15 and iOS17 conv.";

constexpr OpDef kDefs[] = {
    {.name = "conv",
     .params = kParamsIos15,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "conv",
     .since = Opset::kIos17,
     .params = kParamsIos17,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "conv_quantized",
     .params = kQuantizedParams,
     .infer = infer_quantized,
     .reference = quantized_reference,
     .samples = kQuantizedSamples,
     .doc =
         "conv with weight = quantized * quant_scale + quant_bias (linear only; one scale, or one per output "
         "channel). Experimental in MIL and hardly ever in files. Source: MIL, iOS15 conv_quantized."},
};

}  // namespace

WF_OP_FILE(conv, kDefs);
}  // namespace wf
