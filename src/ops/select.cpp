// select: elementwise choice.
#include "ops/elementwise.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("cond").flags(), Param("a").of(kFloatsInt32AndBool, 'T'),
                             Param("b").of(kFloatsInt32AndBool, 'T')};
constexpr std::string_view kSamples[] = {
    "cond=bool[2,3,5] a=T[2,3,5] b=T[2,3,5]", "cond=true a=T[2,3] b=T[2,3]",
    "cond=bool[4,1] a=T[2,1,5] b=T[]", "cond=bool[0,3] a=T[3] b=T[1]", "cond=bool[5] a=int32[5] b=int32[1]"};

Result<std::vector<ValueType>> infer(const Call& call) {
  auto values = broadcast_shapes(call.shape("a"), call.shape("b"));
  if (!values) return call.error(values.error().message);
  auto all = broadcast_shapes(call.shape("cond"), *values);
  if (!all) return call.error(all.error().message);
  return std::vector<ValueType>{tensor_type(call.dtype("a"), *all)};
}

Status reference(Evaluation& eval) {
  const Tensor& cond = eval.input("cond");
  const Tensor& a = eval.input("a");
  const Tensor& b = eval.input("b");
  WF_TRY(Tensor out, eval.make_output(0));
  double chosen[kChunk], left[kChunk], right[kChunk];
  for (BroadcastRuns runs(out.shape(), {cond.shape(), a.shape(), b.shape()}); runs.next();) {
    const size_t count = runs.length();
    runs.read(0, cond, std::span(chosen, count));
    runs.read(1, a, std::span(left, count));
    runs.read(2, b, std::span(right, count));
    for (size_t i = 0; i < count; ++i) chosen[i] = chosen[i] != 0 ? left[i] : right[i];
    write_doubles(out, runs.first(), std::span<const double>(chosen, count));
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "select",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc =
        "a where cond is true, b elsewhere; the three broadcast together. Source: MIL, iOS15 control_flow.",
}};

}  // namespace

WF_OP_FILE(select, kDefs);
}  // namespace wf
