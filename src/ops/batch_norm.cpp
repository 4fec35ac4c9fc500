// batch_norm: each channel shifted and scaled by stored statistics.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ops/call.h"

namespace wf {
namespace {

// By the letter the statistics have the dtype of x before iOS17, and epsilon that of the statistics from then
// on. coremltools' tests hold fp32 programs with fp16 statistics in both, and an fp32 default of epsilon
// beside those.
constexpr Param kParams[] = {Param("x").of(kFloats, 'T'),
                             Param("mean").of(kFloats, 'U').constant(),
                             Param("variance").of(kFloats, 'U').constant(),
                             Param("gamma").of(kFloats, 'U').optional().constant(),
                             Param("beta").of(kFloats, 'U').optional().constant(),
                             Param("epsilon").of(kFloats).or_number(1e-5).constant()};
constexpr std::string_view kSamples[] = {
    "x=T[2,3,5] mean=T[3] variance=T[3]@0.1:2",
    "x=T[1,4,3,5] mean=T[4] variance=T[4]@0.1:2 gamma=T[4] beta=T[4] epsilon=0.01",
    "x=T[1,2,3,2,5] mean=T[2] variance=T[2]@0.1:2 gamma=T[2]",
    "x=T[0,2,3] mean=T[2] variance=T[2]@0.1:2 beta=T[2]"};

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  if (x.size() < 2)
    return call.error(fmt::format("x is {}, expected rank 3 to 5: [n, channels, ...]", to_string(x)));
  for (const std::string_view name : {"mean", "variance", "gamma", "beta"}) {
    if (!call.has(name)) continue;
    const int64_t size = call.tensor(name)->size();
    if (call.rank(name) != 1 || (x[1] != kUnknownSize && size != x[1])) {
      return call.error(fmt::format("'{}' is {}, expected one element for each of the {} channels", name,
                                    to_string(call.shape(name)), x[1]));
    }
  }
  return std::vector<ValueType>{call.type("x")};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, eval.make_output(0));
  const double epsilon = eval.number("epsilon");
  const int64_t channels = x.shape()[1];
  const int64_t plane = x.size() > 0 ? x.size() / (x.shape()[0] * channels) : 1;
  constexpr int64_t kChunk = 4096;
  double buffer[kChunk];
  for (int64_t first = 0; first < x.size(); first += plane) {
    WF_CHECK(eval.tick());
    const int64_t c = first / plane % channels;
    const double mean = read_double(eval.input("mean"), c);
    const double gamma = eval.has("gamma") ? read_double(eval.input("gamma"), c) : 1.0;
    const double beta = eval.has("beta") ? read_double(eval.input("beta"), c) : 0.0;
    const double deviation = std::sqrt(read_double(eval.input("variance"), c) + epsilon);
    for (int64_t at = 0; at < plane; at += kChunk) {
      const std::span<double> part(buffer, static_cast<size_t>(std::min(kChunk, plane - at)));
      read_doubles(x, first + at, part);
      for (double& value : part) value = gamma * (value - mean) / deviation + beta;
      write_doubles(out, first + at, part);
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "gamma[c] * (x - mean[c]) / sqrt(variance[c] + epsilon) + beta[c] over dimension 1; gamma 1 and beta 0 "
    "if left out. "
    "Source: MIL, iOS15 and iOS17 normalization.";

constexpr OpDef kDefs[] = {
    {.name = "batch_norm",
     .params = kParams,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "batch_norm",
     .since = Opset::kIos17,
     .params = kParams,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(batch_norm, kDefs);
}  // namespace wf
