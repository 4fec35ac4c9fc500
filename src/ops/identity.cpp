// identity: the value itself, of any kind.
#include "ops/call.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("x").any()};
constexpr std::string_view kSamples[] = {"x=T[2,3]", "x=int32[4]", "x=\"text\"", "x=bool[0,3]"};

Result<std::vector<ValueType>> infer(const Call& call) { return std::vector<ValueType>{call.type("x")}; }

// A floating tensor takes the storage of its declared dtype; everything else is shared.
Status reference(Evaluation& eval) {
  const Datum& x = *eval.value("x");
  const TensorType* type = eval.output_type(0).tensor();
  if (!x.tensor() || !type || !is_floating(x.tensor()->dtype())) {
    eval.set_output(0, x);
    return {};
  }
  WF_TRY(Tensor out, converted(*x.tensor(), eval.storage(type->dtype)));
  eval.set_output(0, std::move(out));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "identity",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .samples = kSamples,
    .doc = "x: a tensor, list, state or dictionary. Source: MIL, iOS15 tensor_operation.",
}};

}  // namespace

WF_OP_FILE(identity, kDefs);
}  // namespace wf
