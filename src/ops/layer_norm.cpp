// layer_norm: normalised over any set of dimensions.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "ops/normalization.h"

namespace wf {
namespace {

constexpr Param kParamsIos15[] = {Param("x").of(kFloats, 'T'), Param("axes").ints().optional().constant(),
                                  Param("gamma").of(kFloats, 'T').optional().constant(),
                                  Param("beta").of(kFloats, 'T').optional().constant(),
                                  Param("epsilon").of(kFloats, 'T').or_number(1e-5).constant()};
constexpr Param kParamsIos17[] = {Param("x").of(kFloats, 'T'), Param("axes").ints().optional().constant(),
                                  Param("gamma").of(kFloats, 'U').optional().constant(),
                                  Param("beta").of(kFloats, 'U').optional().constant(),
                                  Param("epsilon").of(kFloats, 'U').or_number(1e-5).constant()};
constexpr std::string_view kSamples[] = {"x=T[2,3,7]", "x=T[2,3,7] axes={-1} gamma=T[7] beta=T[7]",
                                         "x=T[1,4,1,5] axes={1} gamma=T[4] epsilon=0.01",
                                         "x=T[2,3,4] axes={2,0} beta=T[2,4]", "x=T[0,3] axes={1}"};

// Ascending, whatever the order given: gamma and beta are laid out like that.
Result<std::vector<int64_t>> axes_of(const Call& call) {
  const int64_t rank = call.rank("x");
  const auto given = call.ints("axes");
  if (!given) {
    std::vector<int64_t> all(static_cast<size_t>(rank));
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  WF_TRY(std::vector<int64_t> axes, normalized_axes(call, *given, rank));
  std::ranges::sort(axes);
  return axes;
}

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  WF_TRY(const std::vector<int64_t> axes, axes_of(call));
  for (const std::string_view name : {"gamma", "beta"}) {
    if (!call.has(name)) continue;
    const Shape& given = call.shape(name);
    bool fitting = given.size() == axes.size();
    for (size_t i = 0; fitting && i < axes.size(); ++i) {
      const int64_t size = x[static_cast<size_t>(axes[i])];
      fitting = size == kUnknownSize || size == given[i];
    }
    if (!fitting) {
      return call.error(
          fmt::format("'{}' is {}, expected the sizes of x {} at the axes {} in ascending order", name,
                      to_string(given), to_string(x), to_string(axes)));
    }
  }
  return std::vector<ValueType>{call.type("x")};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, eval.make_output(0));
  WF_TRY(const std::vector<int64_t> axes, axes_of(eval));
  if (x.size() > 0) {
    std::vector<int64_t> others;
    for (int64_t axis = 0; axis < x.rank(); ++axis) {
      if (std::ranges::find(axes, axis) == axes.end()) others.push_back(axis);
    }
    const IndexGroup inner = IndexGroup::of(x.shape(), axes), outer = IndexGroup::of(x.shape(), others);
    const Affine affine{.gain = eval.tensor("gamma"), .shift = eval.tensor("beta")};
    for (int64_t i = 0; i < outer.count(); ++i) {
      WF_CHECK(eval.tick());
      const int64_t first = outer.offset(i);
      normalize(x, first, inner, moments_of(x, first, inner), eval.number("epsilon"), affine, out);
    }
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "gamma * (x - mean) / sqrt(variance + epsilon) + beta, mean and (biased) variance over the axes "
    "(default: all). gamma "
    "and beta have the sizes of x at the axes in ascending order. Source: MIL, iOS15 and iOS17 "
    "normalization.";

constexpr OpDef kDefs[] = {
    {.name = "layer_norm",
     .params = kParamsIos15,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "layer_norm",
     .since = Opset::kIos17,
     .params = kParamsIos17,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(layer_norm, kDefs);
}  // namespace wf
