// const: a literal of the program. Engines read its `val` attribute before they run; it is never evaluated.
#include "ops/call.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("val").any().constant(), Param("name").any().optional()};

Result<std::vector<ValueType>> infer(const Call& call) { return std::vector<ValueType>{call.type("val")}; }

Status reference(Evaluation& eval) {
  eval.set_output(0, *eval.value("val"));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "const",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .doc = "A literal: the attribute `val`, immediate or a blob of the weight file. Source: MIL, const.",
}};

}  // namespace

WF_OP_FILE(const, kDefs);
}  // namespace wf
