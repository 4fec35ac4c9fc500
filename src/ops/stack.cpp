// stack: tensors of one shape along a new axis.
#include <fmt/format.h>

#include "ops/movement.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("values").of(kMovable17, 'T').variadic(), Param("axis").ints().constant()};
constexpr std::string_view kSamples[] = {"values=(T[2,3],T[2,3]) axis=0", "values=(T[2,3],T[2,3]) axis=-1",
                                         "values=(int32[],int32[],int32[]) axis=0"};

Result<std::vector<ValueType>> infer(const Call& call) {
  Shape out = call.shape("values");
  for (size_t i = 1; i < call.count("values"); ++i) {
    const Shape& each = call.shape("values", i);
    bool same = each.size() == out.size();
    for (size_t d = 0; same && d < out.size(); ++d) {
      if (each[d] >= 0 && out[d] >= 0 && each[d] != out[d]) same = false;
      if (out[d] < 0) out[d] = each[d];
    }
    if (!same)
      return call.error(fmt::format("value {} has shape {}, value 0 has {}", i, to_string(each),
                                    to_string(call.shape("values"))));
  }
  WF_TRY(const int64_t axis,
         normalized_axis(call, call.integer("axis"), static_cast<int64_t>(out.size()) + 1));
  out.insert(out.begin() + axis, static_cast<int64_t>(call.count("values")));
  return std::vector<ValueType>{tensor_type(call.dtype("values"), std::move(out))};
}

Status reference(Evaluation& eval) {
  const Shape& each = eval.input("values").shape();
  WF_TRY(const int64_t axis,
         normalized_axis(eval, eval.integer("axis"), static_cast<int64_t>(each.size()) + 1));
  WF_TRY(Tensor out, make_moved(eval, 0, eval.input("values")));
  Layout target = dense_layout(out.shape());
  const int64_t step = target.strides[static_cast<size_t>(axis)];
  target.strides.erase(target.strides.begin() + axis);
  const Layout source = dense_layout(each);
  for (size_t i = 0; i < eval.count("values"); ++i, target.offset += step) {
    copy_elements(each, eval.input("values", i), source, out, target);
  }
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "stack",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "out[.., i, ..] = values[i][..]: a new dimension at `axis` of the output counts the values, which "
           "have one shape. "
           "Source: MIL, iOS15 tensor_operation.",
}};

}  // namespace

WF_OP_FILE(stack, kDefs);
}  // namespace wf
