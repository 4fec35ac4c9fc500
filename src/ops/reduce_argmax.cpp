// reduce_argmax and reduce_argmin: where the extreme lies along one axis.
#include <fmt/format.h>

#include <cmath>

#include "ops/axis.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloatsAndInt32), Param("axis").ints().constant().or_integer(-1),
                             Param("keep_dims").flags().constant().or_flag(false)};
constexpr Param kParamsIos17[] = {Param("x").of(kFloatsAndInt32),
                                  Param("axis").ints().constant().or_integer(-1),
                                  Param("keep_dims").flags().constant().or_flag(false),
                                  Param("output_dtype").text().constant().or_text("int32")};
constexpr std::string_view kSamples[] = {"x=T[2,3,5]", "x=T[2,3,5] axis=1",
                                         "x=int32[4,7] axis=-2 keep_dims=true", "x=T[0,3]", "x=T[1] axis=0"};
constexpr std::string_view kSamplesIos17[] = {"x=T[2,3,5] output_dtype=\"uint16\"", "x=T[2,3,5] axis=0"};

Result<std::vector<ValueType>> infer(const Call& call) {
  Shape shape = call.shape("x");
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), call.rank("x")));
  const auto at = shape.begin() + axis;
  if (*at == 0) {
    return call.error(
        fmt::format("axis {} of x {} has no elements to take the extreme of", axis, to_string(shape)));
  }
  DType dtype = DType::kInt32;
  if (call.has("output_dtype")) {
    const std::string name = call.text("output_dtype");
    if (name != "int32" && name != "uint16") {
      return call.error(fmt::format("output_dtype is '{}', expected int32 or uint16", name));
    }
    dtype = *dtype_from_name(name);
  }
  if (call.flag("keep_dims"))
    *at = 1;
  else
    shape.erase(at);
  return std::vector<ValueType>{tensor_type(dtype, std::move(shape))};
}

constexpr bool larger(double a, double b) { return a > b; }
constexpr bool smaller(double a, double b) { return a < b; }

// The first of equals; the first NaN if there is one, as NumPy.
template <auto Better>
Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(const int64_t axis, normalized_axis(eval, eval.integer("axis"), x.rank()));
  WF_TRY(Tensor out, eval.make_output(0));
  const AxisSplit split = split_at_axis(x.shape(), axis);
  std::vector<double> values(static_cast<size_t>(split.length));
  int64_t at = 0;
  for_each_line(split, [&](Line line) {
    read_line(x, line, values);
    size_t best = 0;
    for (size_t i = 1; i < values.size() && !std::isnan(values[best]); ++i) {
      if (Better(values[i], values[best]) || std::isnan(values[i])) best = i;
    }
    const auto index = static_cast<int64_t>(best);
    write_ints(out, at++, std::span(&index, 1));
  });
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kArgmaxDoc =
    "Index of the largest value along axis (default -1), the first of equals; NaN counts as largest. Source: "
    "MIL, reduction.";
constexpr std::string_view kArgminDoc =
    "Index of the smallest value along axis (default -1), the first of equals; NaN counts as smallest. "
    "Source: MIL, "
    "reduction.";

constexpr OpDef kDefs[] = {
    {.name = "reduce_argmax",
     .params = kParams,
     .infer = infer,
     .reference = reference<larger>,
     .samples = kSamples,
     .doc = kArgmaxDoc},
    {.name = "reduce_argmax",
     .since = Opset::kIos17,
     .params = kParamsIos17,
     .infer = infer,
     .reference = reference<larger>,
     .samples = kSamplesIos17,
     .doc = kArgmaxDoc},
    {.name = "reduce_argmin",
     .params = kParams,
     .infer = infer,
     .reference = reference<smaller>,
     .samples = kSamples,
     .doc = kArgminDoc},
    {.name = "reduce_argmin",
     .since = Opset::kIos17,
     .params = kParamsIos17,
     .infer = infer,
     .reference = reference<smaller>,
     .samples = kSamplesIos17,
     .doc = kArgminDoc},
};

}  // namespace

WF_OP_FILE(reduce_argmax, kDefs);
}  // namespace wf
