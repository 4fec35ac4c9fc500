// l2_norm: divided by the Euclidean length of the last three dimensions.
#include <fmt/format.h>

#include <cmath>

#include "ops/call.h"
#include "ops/index_group.h"

namespace wf {
namespace {

constexpr Param kParamsIos15[] = {Param("x").of(kFloats, 'T'),
                                  Param("epsilon").of(kFloats, 'T').or_number(1e-6).constant()};
constexpr Param kParamsIos17[] = {Param("x").of(kFloats, 'T'),
                                  Param("epsilon").of(kFloats, 'U').or_number(1e-6).constant()};
constexpr std::string_view kSamples[] = {"x=T[3,5,2]", "x=T[2,3,4,5] epsilon=0.1", "x=T[2,1,3,1,4]",
                                         "x=T[0,2,2,2]"};

Result<std::vector<ValueType>> infer(const Call& call) {
  const Shape& x = call.shape("x");
  if (x.size() < 3) return call.error(fmt::format("x is {}, expected rank 3 or more", to_string(x)));
  return std::vector<ValueType>{call.type("x")};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(Tensor out, eval.make_output(0));
  const double epsilon = eval.number("epsilon");
  const auto last_three = std::span(x.shape()).last(3);
  const int64_t block = x.size() > 0 ? last_three[0] * last_three[1] * last_three[2] : 1;
  const IndexGroup group{{block}, {1}};
  for (int64_t first = 0; first < x.size(); first += block) {
    WF_CHECK(eval.tick());
    double sum = 0;
    for_each_chunk(x, first, group, [&](int64_t, std::span<double> values) {
      for (const double value : values) sum += value * value;
    });
    const double length = std::sqrt(sum + epsilon);
    for_each_chunk(x, first, group, [&](int64_t from, std::span<double> values) {
      for (double& value : values) value /= length;
      write_doubles(out, first + from, values);
    });
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr std::string_view kDoc =
    "x / sqrt(sum of x^2 over the last three dimensions + epsilon). Source: MIL, iOS15 and iOS17 "
    "normalization.";

constexpr OpDef kDefs[] = {
    {.name = "l2_norm",
     .params = kParamsIos15,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
    {.name = "l2_norm",
     .since = Opset::kIos17,
     .params = kParamsIos17,
     .infer = infer,
     .reference = reference,
     .samples = kSamples,
     .doc = kDoc},
};

}  // namespace

WF_OP_FILE(l2_norm, kDefs);
}  // namespace wf
