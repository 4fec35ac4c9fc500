// prelu and softplus_parametric: activations whose constants are vectors over dimension 1, the channels.
#include <fmt/format.h>

#include <cmath>

#include "ops/axis.h"
#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kPrelu[] = {Param("x").of(kFloats, 'T'), Param("alpha").of(kFloats, 'T').constant()};
constexpr Param kPreluIos17[] = {Param("x").of(kFloats), Param("alpha").of(kFloats).constant()};
constexpr Param kSoftplus[] = {Param("x").of(kFloats, 'T'), Param("alpha").of(kFloats, 'T').constant(),
                               Param("beta").of(kFloats, 'T').constant()};
constexpr Param kSoftplusIos17[] = {Param("x").of(kFloats), Param("alpha").of(kFloats, 'U').constant(),
                                    Param("beta").of(kFloats, 'U').constant()};

constexpr std::string_view kPreluSamples[] = {"x=T[2,3,5] alpha=T[3]", "x=T[1,4,2,3] alpha=T[4]",
                                              "x=T[2,3,0] alpha=T[3]", "x=T[1,2,1,2,3] alpha=T[2]"};
constexpr std::string_view kPreluSamplesIos17[] = {"x=T[2,3,5] alpha=fp32[3]", "x=T[3,2] alpha=fp16[2]"};
constexpr std::string_view kSoftplusSamples[] = {"x=T[2,3,5] alpha=T[3] beta=T[3]",
                                                 "x=T[1,4,2,3]@-9:9 alpha=T[4] beta=T[4]",
                                                 "x=T[0,3,2] alpha=T[3] beta=T[3]"};
constexpr std::string_view kSoftplusSamplesIos17[] = {"x=T[2,3,5] alpha=fp32[3] beta=fp32[3]",
                                                      "x=T[1,2,3] alpha=T[2] beta=T[2]"};

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  if (x.size() < 2)
    return call.error(fmt::format("x must have a channel dimension 1, found shape {}", to_string(x)));
  for (const std::string_view name : {"alpha", "beta"}) {
    if (!call.has(name)) continue;
    const Shape& shape = call.shape(name);
    if (shape.size() != 1 || (x[1] >= 0 && shape[0] >= 0 && shape[0] != x[1])) {
      return call.error(fmt::format("'{}' must be a vector over the channels of x {}, found shape {}", name,
                                    to_string(x), to_string(shape)));
    }
  }
  return infer_like_x(call);
}

// output = f(x, channel), channel by channel.
template <class F>
Status map_channels(Evaluation& eval, F f) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, eval.make_output(0));
  const AxisSplit split = split_at_axis(x.shape(), 1);
  double buffer[kChunk];
  int64_t first = 0;
  for (int64_t row = 0; row < split.outer * split.length; ++row) {
    const auto channel = static_cast<size_t>(row % split.length);
    for (const int64_t end = first + split.inner; first < end;) {
      const std::span<double> part(buffer, static_cast<size_t>(std::min(kChunk, end - first)));
      read_doubles(x, first, part);
      for (double& value : part) value = f(value, channel);
      write_doubles(out, first, part);
      first += static_cast<int64_t>(part.size());
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

Status prelu(Evaluation& eval) {
  const std::vector<double> alpha = read_doubles(eval.input("alpha"));
  return map_channels(eval, [&](double x, size_t c) { return x >= 0 ? x : alpha[c] * x; });
}

Status softplus_parametric(Evaluation& eval) {
  const std::vector<double> alpha = read_doubles(eval.input("alpha"));
  const std::vector<double> beta = read_doubles(eval.input("beta"));
  return map_channels(eval, [&](double x, size_t c) {
    const double scaled = beta[c] * x;
    return alpha[c] * (std::log1p(std::exp(-std::fabs(scaled))) + nan_max(scaled, 0));
  });
}

constexpr std::string_view kPreluDoc =
    "x where x >= 0, alpha[c] * x elsewhere; c counts along dimension 1. Core ML wants rank 3 to 5. Source: "
    "MIL, activation.";
constexpr std::string_view kSoftplusDoc =
    "alpha[c] * log(1 + exp(beta[c] * x)); c counts along dimension 1. Source: MIL, activation.";

constexpr OpDef kDefs[] = {
    {.name = "prelu",
     .params = kPrelu,
     .infer = infer,
     .reference = prelu,
     .samples = kPreluSamples,
     .doc = kPreluDoc},
    {.name = "prelu",
     .since = Opset::kIos17,
     .params = kPreluIos17,
     .infer = infer,
     .reference = prelu,
     .samples = kPreluSamplesIos17,
     .doc = kPreluDoc},
    {.name = "softplus_parametric",
     .params = kSoftplus,
     .infer = infer,
     .reference = softplus_parametric,
     .samples = kSoftplusSamples,
     .doc = kSoftplusDoc},
    {.name = "softplus_parametric",
     .since = Opset::kIos17,
     .params = kSoftplusIos17,
     .infer = infer,
     .reference = softplus_parametric,
     .samples = kSoftplusSamplesIos17,
     .doc = kSoftplusDoc},
};

}  // namespace

WF_OP_FILE(prelu, kDefs);
}  // namespace wf
