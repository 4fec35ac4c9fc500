// random_uniform, random_normal, random_bernoulli: tensors of independent random numbers.
#include "ops/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/float16.h"
#include "ops/elementwise.h"
#include "ops/shape_value.h"

namespace wf {
namespace {

constexpr Param kSeedParam = Param("seed").ints().constant().or_integer(-1);
constexpr Param parameter(std::string_view name, double value) {
  return Param(name).of(kFloats, 'T').constant().or_number(value);
}
constexpr Param kUniform[] = {Param("shape").ints(), parameter("low", 0), parameter("high", 1), kSeedParam};
constexpr Param kNormal[] = {Param("shape").ints(), parameter("mean", 0), parameter("stddev", 1), kSeedParam};
constexpr Param kBernoulli[] = {Param("shape").ints(), parameter("prob", 0.5), kSeedParam};
constexpr std::string_view kUniformSamples[] = {"shape={2,3,5} low=-1.0 high=3.0 seed=7", "shape={4}",
                                                "shape={0,3} seed=1"};
constexpr std::string_view kNormalSamples[] = {"shape={2,3,5} mean=1.0 stddev=0.5 seed=7", "shape={4}",
                                               "shape={0,3} seed=1"};
constexpr std::string_view kBernoulliSamples[] = {"shape={2,3,5} prob=0.25 seed=7", "shape={4}",
                                                  "shape={} prob=1.0 seed=1"};

// The dtype of the distribution's parameters, fp32 if all are left out.
DType output_dtype(const Call& call) {
  for (const Param& param : call.def().params) {
    if (param.variable() == 'T' && call.has(param.name())) return call.dtype(param.name());
  }
  return DType::kFloat32;
}

Result<std::vector<ValueType>> infer_uniform(const Call& call) {
  const double low = call.number("low");
  const double high = call.number("high");
  if (!std::isfinite(low) || !std::isfinite(high) || low > high) {
    return call.error(fmt::format("low is {}, high {}: expected finite numbers, low <= high", low, high));
  }
  return infer_from_shape_value(call, output_dtype(call));
}

Result<std::vector<ValueType>> infer_normal(const Call& call) {
  const double stddev = call.number("stddev");
  if (!(stddev >= 0)) return call.error(fmt::format("stddev is {}, expected at least 0", stddev));
  return infer_from_shape_value(call, output_dtype(call));
}

Result<std::vector<ValueType>> infer_bernoulli(const Call& call) {
  const double prob = call.number("prob");
  if (!(prob >= 0 && prob <= 1)) return call.error(fmt::format("prob is {}, expected 0 to 1", prob));
  return infer_from_shape_value(call, output_dtype(call));
}

// output[i] = f(stream, i)
template <class F>
Status generate(Evaluation& eval, F f) {
  WF_TRY(Tensor out, eval.make_output(0));
  const RandomStream stream = random_stream(eval);
  double buffer[kChunk];
  for (int64_t at = 0; at < out.size(); at += kChunk) {
    const std::span<double> part(buffer, static_cast<size_t>(std::min(kChunk, out.size() - at)));
    for (size_t i = 0; i < part.size(); ++i) part[i] = f(stream, static_cast<uint64_t>(at) + i);
    write_doubles(out, at, part);
  }
  eval.set_output(0, std::move(out));
  return {};
}

// The largest value of the dtype below `limit`, a finite value of that dtype.
double largest_below(DType dtype, double limit) {
  if (dtype == DType::kFloat32) {
    return std::nextafter(static_cast<float>(limit), -std::numeric_limits<float>::infinity());
  }
  if (dtype != DType::kFloat16) return std::nextafter(limit, -std::numeric_limits<double>::infinity());
  const uint16_t bits = double_to_half(limit);
  if (limit == 0) return -0x1p-24;
  return half_to_double(static_cast<uint16_t>(limit > 0 ? bits - 1 : bits + 1));
}

// Rounding to the output's dtype must not reach `high`, which is excluded.
Status random_uniform(Evaluation& eval) {
  const double low = eval.number("low");
  const double high = eval.number("high");
  const double last = std::max(low, largest_below(eval.storage(eval.output_type(0).tensor()->dtype), high));
  return generate(eval, [=](const RandomStream& stream, uint64_t i) {
    return std::min(low + (high - low) * stream.uniform(i), last);
  });
}

Status random_normal(Evaluation& eval) {
  const double mean = eval.number("mean");
  const double stddev = eval.number("stddev");
  return generate(eval,
                  [=](const RandomStream& stream, uint64_t i) { return mean + stddev * stream.normal(i); });
}

Status random_bernoulli(Evaluation& eval) {
  const double prob = eval.number("prob");
  return generate(
      eval, [=](const RandomStream& stream, uint64_t i) { return stream.uniform(i) < prob ? 1.0 : 0.0; });
}

constexpr OpDef kDefs[] = {
    {.name = "random_uniform",
     .params = kUniform,
     .infer = infer_uniform,
     .reference = random_uniform,
     .samples = kUniformSamples,
     .doc = "Uniform in [low, high). A seed of 0 or more fixes the numbers, -1 takes the engine's. Source: "
            "MIL, iOS15 "
            "random."},
    {.name = "random_normal",
     .params = kNormal,
     .infer = infer_normal,
     .reference = random_normal,
     .samples = kNormalSamples,
     .doc = "Normal with this mean and standard deviation. A seed of 0 or more fixes the numbers, -1 takes "
            "the engine's. "
            "Source: MIL, iOS15 random."},
    {.name = "random_bernoulli",
     .params = kBernoulli,
     .infer = infer_bernoulli,
     .reference = random_bernoulli,
     .samples = kBernoulliSamples,
     .doc = "1 with probability prob, else 0, in prob's dtype. A seed of 0 or more fixes the numbers, -1 "
            "takes the "
            "engine's. Source: MIL, iOS15 random."},
};

}  // namespace

WF_OP_FILE(random_uniform, kDefs);
}  // namespace wf
