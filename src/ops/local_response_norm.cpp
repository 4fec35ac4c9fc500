// local_response_norm: each element divided by a power of the squares of its neighbours in the channel
// dimension.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ops/call.h"

namespace wf {
namespace {

constexpr Param kParamsIos15[] = {Param("x").of(kFloats, 'T'), Param("size").ints().constant(),
                                  Param("alpha").of(kFloats, 'T').or_number(1e-4).constant(),
                                  Param("beta").of(kFloats, 'T').or_number(0.75).constant(),
                                  Param("k").of(kFloats, 'T').or_number(1.0).constant()};
constexpr Param kParamsIos17[] = {Param("x").of(kFloats, 'T'), Param("size").ints().constant(),
                                  Param("alpha").of(kFloats, 'U').or_number(1e-4).constant(),
                                  Param("beta").of(kFloats, 'U').or_number(0.75).constant(),
                                  Param("k").of(kFloats, 'U').or_number(1.0).constant()};
constexpr std::string_view kSamples[] = {"x=T[2,6,5] size=3", "x=T[1,5,3,4] size=2 alpha=0.5 beta=0.6 k=2.0",
                                         "x=T[1,3,2,2] size=7 alpha=1.0", "x=T[1,4,0] size=1"};

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  if (x.size() < 3)
    return call.error(fmt::format("x is {}, expected rank 3 or 4: [n, channels, spatial...]", to_string(x)));
  const int64_t size = call.integer("size");
  if (size < 1) return call.error(fmt::format("size is {}, expected at least 1", size));
  return std::vector<ValueType>{call.type("x")};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, eval.make_output(0));
  const int64_t size = eval.integer("size"), channels = x.shape()[1];
  const double alpha = eval.number("alpha") / static_cast<double>(size);
  const double beta = eval.number("beta"), k = eval.number("k");
  const int64_t plane = x.size() > 0 ? x.size() / (x.shape()[0] * channels) : 1;
  constexpr int64_t kChunk = 1024;
  double sums[kChunk], values[kChunk];
  for (int64_t first = 0; first < x.size(); first += plane) {
    const int64_t c = first / plane % channels;
    const int64_t from = std::max<int64_t>(0, c - size / 2);
    const int64_t to = std::min(channels - 1, c + std::min((size - 1) / 2, channels));
    for (int64_t at = 0; at < plane; at += kChunk) {
      WF_CHECK(eval.tick());
      const std::span<double> part(values, static_cast<size_t>(std::min(kChunk, plane - at)));
      std::ranges::fill(sums, 0.0);
      for (int64_t other = from; other <= to; ++other) {
        read_doubles(x, first + (other - c) * plane + at, part);
        for (size_t i = 0; i < part.size(); ++i) sums[i] += part[i] * part[i];
      }
      read_doubles(x, first + at, part);
      for (size_t i = 0; i < part.size(); ++i) part[i] /= std::pow(k + alpha * sums[i], beta);
      write_doubles(out, first + at, part);
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "x / (k + alpha / size * sum of x^2 over the channels c - size / 2 to c + (size - 1) / 2)^beta; channels "
    "beyond the "
    "ends count as 0. x [n, C, D...]. Source: MIL, iOS15 and iOS17 normalization; the window of an even size "
    "as PyTorch.";

constexpr OpDef kDefs[] = {
    {.name = "local_response_norm",
     .params = kParamsIos15,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "local_response_norm",
     .since = Opset::kIos17,
     .params = kParamsIos17,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(local_response_norm, kDefs);
}  // namespace wf
