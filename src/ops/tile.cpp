// tile: repeats x along its dimensions.
#include <fmt/format.h>

#include <algorithm>

#include "base/checked_math.h"
#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").of(kMovable17), Param("reps").ints()};
constexpr std::string_view kSamples[] = {"x=T[2,3] reps={2,1}", "x=T[2,1,3] reps={1,4,2}",
                                         "x=int32[3] reps={3}"};

Result<std::vector<ValueType>> infer(const Call& call) {
  Shape out = call.shape("x");
  const Shape& reps_shape = call.shape("reps");
  if (reps_shape.size() != 1 || (reps_shape[0] >= 0 && reps_shape[0] != call.rank("x"))) {
    return call.error(fmt::format("'reps' has shape {}, expected one entry for each of {} dimensions",
                                  to_string(reps_shape), out.size()));
  }
  const auto reps = call.ints("reps");
  for (size_t d = 0; d < out.size(); ++d) {
    if (!reps) {
      out[d] = kUnknownSize;
      continue;
    }
    const int64_t times = (*reps)[d];
    if (times < 0) return call.error(fmt::format("reps holds {}, expected at least 0", times));
    if (out[d] < 0) continue;
    const auto size = checked_mul(out[d], times);
    if (!size) return call.error(fmt::format("{} times size {} does not fit", times, out[d]));
    out[d] = *size;
  }
  return std::vector<ValueType>{tensor_type(call.dtype("x"), std::move(out))};
}

Status reference(Evaluation& eval) {
  const Tensor& x = eval.input("x");
  const auto reps = *eval.ints("reps");
  WF_TRY(Tensor out, make_moved(eval, 0, x));
  // Both tensors seen as [reps[0], x[0], reps[1], x[1], ...]; the input does not move along the repetitions.
  Shape sizes;
  Layout source;
  const Shape strides = element_strides(x.shape());
  for (size_t d = 0; d < reps.size(); ++d) {
    sizes.insert(sizes.end(), {reps[d], x.shape()[d]});
    source.strides.insert(source.strides.end(), {0, strides[d]});
  }
  copy_elements(sizes, x, source, out, dense_layout(sizes));
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "tile",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "x repeated reps[d] times along each dimension d. Source: MIL, iOS15 tensor_operation; np.tile.",
}};

}  // namespace

WF_OP_FILE(tile, kDefs);
}  // namespace wf
