// concat: tensors side by side along an axis, or their rows taking turns.
#include <fmt/format.h>

#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("values").of(kMovable17, 'T').variadic(), Param("axis").ints().constant(),
                             Param("interleave").flags().constant().or_flag(false)};
constexpr std::string_view kSamples[] = {
    "values=(T[2,3],T[2,5]) axis=1", "values=(T[2,3],T[2,3],T[2,3]) axis=-1 interleave=true",
    "values=(int32[2]) axis=0", "values=(T[2,0],T[2,3]) axis=1", "values=(int32[],int32[]) axis=0"};

// Scalars count as vectors of one element: that is how coremltools assembles shapes.
Shape at_least_vector(const Shape& shape) { return shape.empty() ? Shape{1} : shape; }

Result<std::vector<ValueType>> infer(const Call& call) {
  Shape out = at_least_vector(call.shape("values"));
  WF_TRY(const int64_t axis, normalized_axis(call, call.integer("axis"), static_cast<int64_t>(out.size())));
  const auto along = static_cast<size_t>(axis);
  const bool interleave = call.flag("interleave");
  Shape sizes;
  for (size_t i = 0; i < call.count("values"); ++i) {
    const Shape each = at_least_vector(call.shape("values", i));
    bool same = each.size() == out.size();
    for (size_t d = 0; same && d < out.size(); ++d) {
      const bool must_agree = d != along || interleave;
      if (must_agree && each[d] >= 0 && out[d] >= 0 && each[d] != out[d]) same = false;
      if (must_agree && out[d] < 0) out[d] = each[d];
    }
    if (!same) {
      return call.error(fmt::format("value {} has shape {}, which does not fit {} along axis {}{}", i,
                                    to_string(each), to_string(call.shape("values")), axis,
                                    interleave ? " (interleaved: all equal)" : ""));
    }
    sizes.push_back(each[along]);
  }
  WF_TRY(out[along], sum_of_sizes(call, sizes));
  return std::vector<ValueType>{tensor_type(call.dtype("values"), std::move(out))};
}

Status reference(Evaluation& eval) {
  WF_TRY(Tensor out, make_moved(eval, 0, eval.input("values")));
  WF_TRY(const int64_t axis, normalized_axis(eval, eval.integer("axis"), out.rank()));
  const auto along = static_cast<size_t>(axis);
  const bool interleave = eval.flag("interleave");
  const auto count = static_cast<int64_t>(eval.count("values"));
  const Shape out_strides = element_strides(out.shape());
  Layout target{0, out_strides};
  if (interleave) target.strides[along] *= count;
  for (int64_t i = 0; i < count; ++i) {
    const Tensor& each = eval.input("values", static_cast<size_t>(i));
    const Shape shape = at_least_vector(each.shape());
    copy_elements(shape, each, dense_layout(shape), out, target);
    target.offset += out_strides[along] * (interleave ? 1 : shape[along]);
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "concat",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "The `values` one after the other along `axis`; all other sizes agree; scalars count as [1]. With "
           "`interleave` (all "
           "shapes equal) their "
           "rows along the axis take turns: the first of each, the second of each, ... Source: MIL, iOS15 "
           "tensor_operation.",
}};

}  // namespace

WF_OP_FILE(concat, kDefs);
}  // namespace wf
