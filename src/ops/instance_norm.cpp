// instance_norm: each channel of each sample normalised over its own spatial elements.
#include <fmt/format.h>

#include "ops/normalization.h"

namespace wf {
namespace {

constexpr Param kParamsIos15[] = {Param("x").of(kFloats, 'T'),
                                  Param("gamma").of(kFloats, 'T').optional().constant(),
                                  Param("beta").of(kFloats, 'T').optional().constant(),
                                  Param("epsilon").of(kFloats, 'T').or_number(1e-5).constant()};
constexpr Param kParamsIos17[] = {Param("x").of(kFloats, 'T'),
                                  Param("gamma").of(kFloats, 'U').optional().constant(),
                                  Param("beta").of(kFloats, 'U').optional().constant(),
                                  Param("epsilon").of(kFloats, 'U').or_number(1e-5).constant()};
constexpr std::string_view kSamples[] = {"x=T[2,3,7]", "x=T[1,2,5,3] gamma=T[2] beta=T[2] epsilon=0.01",
                                         "x=T[0,3,4,4]", "x=T[1,3,1,2] gamma=T[3]"};

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  if (x.size() < 3)
    return call.error(fmt::format("x is {}, expected rank 3 or 4: [n, channels, spatial...]", to_string(x)));
  for (const std::string_view name : {"gamma", "beta"}) {
    if (!call.has(name)) continue;
    if (call.rank(name) != 1 || (x[1] != kUnknownSize && call.tensor(name)->size() != x[1])) {
      return call.error(fmt::format("'{}' is {}, expected one element for each of the {} channels", name,
                                    to_string(call.shape(name)), x[1]));
    }
  }
  return std::vector<ValueType>{call.type("x")};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, eval.make_output(0));
  if (x.size() > 0) {
    const int64_t channels = x.shape()[1];
    const int64_t plane = x.size() / (x.shape()[0] * channels);
    const IndexGroup group{{plane}, {1}};
    Affine affine{.gain = eval.tensor("gamma"), .shift = eval.tensor("beta"), .per_element = false};
    for (int64_t first = 0; first < x.size(); first += plane) {
      WF_CHECK(eval.tick());
      affine.fixed = first / plane % channels;
      normalize(x, first, group, moments_of(x, first, group), eval.number("epsilon"), affine, out);
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "gamma[c] * (x - mean) / sqrt(variance + epsilon) + beta[c], mean and (biased) variance over the spatial "
    "dimensions of "
    "each sample and channel. x [n, C, D...]. Source: MIL, iOS15 and iOS17 normalization.";

constexpr OpDef kDefs[] = {
    {.name = "instance_norm",
     .params = kParamsIos15,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "instance_norm",
     .since = Opset::kIos17,
     .params = kParamsIos17,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(instance_norm, kDefs);
}  // namespace wf
