// softmax: exp(x) over its sum along one axis.
#include <cmath>
#include <limits>

#include "ops/axis.h"
#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloats), Param("axis").ints().constant().or_integer(-1)};
constexpr std::string_view kSamples[] = {"x=T[2,3,5]", "x=T[2,3,5] axis=1", "x=T[4,7]@-30:30 axis=-2",
                                         "x=T[3,0]", "x=T[1] axis=0"};

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_CHECK(normalized_axis(call, call.integer("axis"), call.rank("x")));
  return infer_like_x(call);
}

// The maximum is taken off first, so that nothing overflows; as NumPy, an infinite maximum gives NaN.
void softmax(std::span<double> line) {
  double largest = -std::numeric_limits<double>::infinity();
  for (const double value : line) largest = nan_max(largest, value);
  double sum = 0;
  for (double& value : line) sum += value = std::exp(value - largest);
  for (double& value : line) value /= sum;
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(const int64_t axis, normalized_axis(eval, eval.integer("axis"), x.rank()));
  WF_TRY(Tensor out, eval.make_output(0));
  const AxisSplit split = split_at_axis(x.shape(), axis);
  std::vector<double> values(static_cast<size_t>(split.length));
  for_each_line(split, [&](Line line) {
    read_line(x, line, values);
    softmax(values);
    write_line(out, line, std::span<const double>(values));
  });
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "softmax",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "exp(x - max) / sum(exp(x - max)) along axis (default -1). Source: MIL, iOS15 activation.",
}};

}  // namespace

WF_OP_FILE(softmax, kDefs);
}  // namespace wf
