// conv_transpose: the transpose of conv as a linear map.
#include <fmt/format.h>

#include <algorithm>

#include "ops/patches.h"
#include "ops/windows.h"

namespace wf {

Result<std::vector<Window>> transposed_windows(const Call& call) {
  const auto in = std::span(call.shape("x")).subspan(2);
  const auto kernel = std::span(call.shape("weight")).subspan(2);
  WF_TRY(const PadType type, pad_type_of(call));
  WF_TRY(std::vector<Window> windows, bare_windows(call, in, kernel));
  WF_TRY(const std::vector<int64_t> pad, spatial_ints(call, "pad", 2 * in.size(), 0, 0));
  const auto wanted = call.ints("output_shape");
  for (size_t i = 0; i < in.size(); ++i) {
    Window& w = windows[i];
    if (wanted && ((*wanted)[i + 2] < 1 || (*wanted)[i + 2] > kMaxSpatialSize)) {
      return call.error(fmt::format("output_shape is {}, expected sizes of at least 1", to_string(*wanted)));
    }
    if (w.in == kUnknownSize || w.kernel == kUnknownSize) {
      w.out = wanted ? (*wanted)[i + 2] : kUnknownSize;
      continue;
    }
    const int64_t full = (w.in - 1) * w.stride + w.extent();
    if (type == PadType::kSame || type == PadType::kSameLower) {
      w.out = wanted ? (*wanted)[i + 2] : w.in * w.stride;
      const int64_t total = std::max<int64_t>(full - w.out, 0);
      w.before = type == PadType::kSame ? total / 2 : total - total / 2;
    } else {
      w.before = type == PadType::kCustom ? pad[2 * i] : 0;
      w.after = type == PadType::kCustom ? pad[2 * i + 1] : 0;
      w.out = wanted ? (*wanted)[i + 2] : full - w.before - w.after;
    }
    if (w.out < 1) {
      return call.error(fmt::format(
          "spatial dimension {}: the full result has {} elements, padding of {} and {} leaves none", i, full,
          w.before, w.after));
    }
  }
  return windows;
}

namespace {

constexpr Param kParamsIos15[] = {Param("x").of(kFloats, 'T'),
                                  Param("weight").of(kFloats, 'T').constant(),
                                  Param("bias").of(kFloats, 'T').optional().constant(),
                                  Param("pad").ints().optional().constant(),
                                  Param("output_shape").ints().optional().constant(),
                                  Param("pad_type").text().or_text("valid").constant(),
                                  Param("strides").ints().optional().constant(),
                                  Param("dilations").ints().optional().constant(),
                                  Param("groups").ints().or_integer(1).constant()};
constexpr Param kParamsIos17[] = {Param("x").of(kFloats, 'T'),
                                  Param("weight").of(kFloats, 'U'),
                                  Param("bias").of(kFloats, 'U').optional(),
                                  Param("pad").ints().optional().constant(),
                                  Param("output_shape").ints().optional().constant(),
                                  Param("pad_type").text().or_text("valid").constant(),
                                  Param("strides").ints().optional().constant(),
                                  Param("dilations").ints().optional().constant(),
                                  Param("groups").ints().or_integer(1).constant()};

constexpr std::string_view kSamples[] = {
    "x=T[2,3,5] weight=T[3,4,3] strides={2}",
    "x=T[1,4,5,6] weight=T[4,3,3,2] bias=T[6] groups=2 strides={2,3} pad_type=\"custom\" pad={1,0,0,1}",
    "x=T[1,2,4,5] weight=T[2,3,4,3] pad_type=\"same\" strides={2,2}",
    "x=T[1,2,4,5] weight=T[2,3,4,3] pad_type=\"same_lower\" strides={3,2}",
    "x=T[1,2,3,4] weight=T[2,3,3,3] pad_type=\"same\" strides={2,2} output_shape={1,3,5,8}",
    "x=T[1,2,3,4] weight=T[2,1,2,2] strides={3,3} output_shape={1,1,9,12}",
    "x=T[1,2,3,2,4] weight=T[2,2,2,3,2] dilations={1,2,1} strides={2,1,2}",
    "x=T[0,2,3] weight=T[2,2,3]",
};

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  const Shape& weight = call.shape("weight");
  if (x.size() < 3 || x.size() > 5) {
    return call.error(fmt::format("x is {}, expected rank 3 to 5: [n, channels, spatial...]", to_string(x)));
  }
  if (weight.size() != x.size()) {
    return call.error(fmt::format("weight is {}, expected rank {} as x has", to_string(weight), x.size()));
  }
  WF_CHECK(check_kernel_volume(call, std::span(weight).subspan(2)));
  const int64_t groups = call.integer("groups");
  if (groups < 1 || groups > kMaxSpatialSize || weight[1] > kMaxSpatialSize) {
    return call.error(fmt::format("groups is {}, expected at least 1 and at most the channels", groups));
  }
  const int64_t channels_in = x[1] != kUnknownSize ? x[1] : weight[0];
  if ((weight[0] != kUnknownSize && weight[0] != channels_in) ||
      (channels_in != kUnknownSize && channels_in % groups != 0)) {
    return call.error(
        fmt::format("x has {} channels in {} groups, weight is {}: expected [channels, out / groups, ...]",
                    channels_in, groups, to_string(weight)));
  }
  const int64_t channels_out = weight[1] == kUnknownSize ? kUnknownSize : weight[1] * groups;
  if (call.has("bias")) {
    const Shape& bias = call.shape("bias");
    if (bias.size() != 1 ||
        (bias[0] != kUnknownSize && channels_out != kUnknownSize && bias[0] != channels_out)) {
      return call.error(fmt::format("bias is {}, expected [{}]", to_string(bias), channels_out));
    }
  }
  Shape out{x[0], channels_out};
  if (const auto wanted = call.ints("output_shape")) {
    const auto differs = [](int64_t a, int64_t b) {
      return a != kUnknownSize && b != kUnknownSize && a != b;
    };
    if (wanted->size() != x.size() || differs((*wanted)[0], out[0]) || differs((*wanted)[1], out[1])) {
      return call.error(fmt::format("output_shape is {}, expected [{}, {}, and {} sizes]", to_string(*wanted),
                                    out[0], out[1], x.size() - 2));
    }
  }
  WF_TRY(const std::vector<Window> windows, transposed_windows(call));
  for (const Window& window : windows) out.push_back(window.out);
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

struct Tap {
  int64_t kernel;  // position in the kernel
  int64_t offset;  // input position it brings to output position 0 of the phase
};

// Output position o gets weight[k] * x[i] where i * stride = o + before - k * dilation. Among the positions
// first, first + stride, ... the same taps contribute, at input positions one apart.
std::vector<Tap> taps_of_phase(const Window& w, int64_t first) {
  std::vector<Tap> taps;
  for (int64_t k = 0; k < w.kernel; ++k) {
    const int64_t distance = first + w.before - k * w.dilation;
    if (distance % w.stride == 0) taps.push_back({k, distance / w.stride});
  }
  return taps;
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  const Tensor& weight = eval.input("weight");
  const Tensor* bias = eval.has("bias") ? &eval.input("bias") : nullptr;
  WF_TRY(Tensor out, eval.make_output(0));
  WF_TRY(const std::vector<Window> windows, transposed_windows(eval));
  const std::array<Window, 3> w = as_three(windows);
  const int64_t taps_of_kernel = w[0].kernel * w[1].kernel * w[2].kernel;

  ConvolutionSizes sizes;
  sizes.batch = x.shape()[0];
  sizes.groups = eval.integer("groups");
  sizes.channels_in = x.shape()[1] / sizes.groups;
  sizes.channels_out = weight.shape()[1];
  Position phases;
  for (size_t d = 0; d < 3; ++d) {
    sizes.in[d] = w[d].in;
    sizes.out[d] = w[d].out;
    phases[d] = std::min(w[d].stride, w[d].out);
  }

  for (int64_t a = 0; a < phases[0]; ++a) {
    for (int64_t b = 0; b < phases[1]; ++b) {
      for (int64_t c = 0; c < phases[2]; ++c) {
        WF_CHECK(eval.tick());
        PatchGrid grid;
        grid.out_first = {a, b, c};
        for (size_t d = 0; d < 3; ++d) {
          grid.out_step[d] = w[d].stride;
          grid.count[d] = (w[d].out - grid.out_first[d] + w[d].stride - 1) / w[d].stride;
        }
        std::vector<int64_t> places;  // of the taps in the kernel
        for (const Tap& i : taps_of_phase(w[0], a)) {
          for (const Tap& j : taps_of_phase(w[1], b)) {
            for (const Tap& k : taps_of_phase(w[2], c)) {
              grid.taps.push_back({i.offset, j.offset, k.offset});
              places.push_back((i.kernel * w[1].kernel + j.kernel) * w[2].kernel + k.kernel);
            }
          }
        }
        const auto weights = [&](int64_t channel, std::span<double> row) {
          const int64_t first_in = channel / sizes.channels_out * sizes.channels_in;
          size_t at = 0;
          for (int64_t i = 0; i < sizes.channels_in; ++i) {
            const int64_t kernel =
                ((first_in + i) * sizes.channels_out + channel % sizes.channels_out) * taps_of_kernel;
            for (const int64_t place : places) row[at++] = read_double(weight, kernel + place);
          }
        };
        WF_CHECK(convolve(eval, x, sizes, grid, weights, bias, out));
      }
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "out[n, c, i * stride + k * dilation - crop] += weight[i_channel, c, k] * x[n, i_channel, i], plus "
    "bias[c]. x [n, "
    "C_in, D...], weight [C_in, C_out / groups, K...]. Full size (D - 1) * stride + (K - 1) * dilation + 1; "
    "custom crops "
    "it by pad; same and same_lower keep D * stride of it (crop as conv of that padding would pad). "
    "output_shape (full "
    "rank) says the size instead; what lies past the full result holds the bias. Source: MIL, iOS15 and "
    "iOS17 "
    "conv_transpose; output_shape as TensorFlow's conv2d_transpose.";

constexpr OpDef kDefs[] = {
    {.name = "conv_transpose",
     .params = kParamsIos15,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "conv_transpose",
     .since = Opset::kIos17,
     .params = kParamsIos17,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(conv_transpose, kDefs);
}  // namespace wf
