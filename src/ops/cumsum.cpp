// cumsum: running sums along one axis.
#include "ops/axis.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kFloatsAndInt32), Param("axis").ints().constant().or_integer(0),
                             Param("exclusive").flags().constant().or_flag(false),
                             Param("reverse").flags().constant().or_flag(false)};
constexpr std::string_view kSamples[] = {"x=T[2,3,5]", "x=T[2,3,5] axis=-1 exclusive=true",
                                         "x=int32[4,7] axis=1 reverse=true", "x=T[3,0]",
                                         "x=T[6] exclusive=true reverse=true"};

Result<std::vector<ValueType>> infer(const Call& call) {
  WF_CHECK(normalized_axis(call, call.integer("axis"), call.rank("x")));
  return std::vector<ValueType>{call.type("x")};
}

// T: double, or uint64_t for integers, which wrap.
template <class T>
void sum_up(auto& line, bool exclusive) {
  T sum = 0;
  for (auto& value : line) {
    const T before = sum;
    sum += static_cast<T>(value);
    value = static_cast<std::remove_reference_t<decltype(value)>>(exclusive ? before : sum);
  }
}

template <class Element, class Sum>
void cumsum(const Tensor& x, Tensor& out, int64_t axis, bool exclusive, bool reverse) {
  const AxisSplit split = split_at_axis(x.shape(), axis);
  std::vector<Element> values(static_cast<size_t>(split.length));
  for_each_line(split, [&](Line line) {
    read_line(x, line, values);
    if (reverse) std::ranges::reverse(values);
    sum_up<Sum>(values, exclusive);
    if (reverse) std::ranges::reverse(values);
    write_line(out, line, std::span<const Element>(values));
  });
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  WF_TRY(const int64_t axis, normalized_axis(eval, eval.integer("axis"), x.rank()));
  WF_TRY(Tensor out, eval.make_output(0));
  const bool exclusive = eval.flag("exclusive");
  const bool reverse = eval.flag("reverse");
  if (is_integer(x.dtype()))
    cumsum<int64_t, uint64_t>(x, out, axis, exclusive, reverse);
  else
    cumsum<double, double>(x, out, axis, exclusive, reverse);
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "cumsum",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "Running sums along axis (default 0), from its end if reverse; exclusive: of the elements before, "
           "starting with "
           "0. int32 wraps. Source: MIL, iOS15 tensor_operation.",
}};

}  // namespace

WF_OP_FILE(cumsum, kDefs);
}  // namespace wf
