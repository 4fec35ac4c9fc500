// cond: one of two blocks.
#include <fmt/format.h>

#include "ops/call.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("pred").flags()};

// The two blocks may give other shapes than declared and than each other: only running tells.
Result<std::vector<ValueType>> infer(const Call& call) {
  if (call.op().blocks.size() != 2)
    return call.error(fmt::format("has {} blocks, expected 2", call.op().blocks.size()));
  return std::vector<ValueType>(call.op().outputs.size());
}

Status reference(Evaluation& eval) {
  if (eval.input("pred").size() != 1)
    return eval.error(fmt::format("'pred' has {} elements, expected 1", eval.input("pred").size()));
  WF_TRY(std::vector<Datum> values, eval.run_block(eval.flag("pred") ? 0 : 1, {}));
  if (values.size() != eval.output_count()) {
    return eval.error(
        fmt::format("the block gives {} values for {} outputs", values.size(), eval.output_count()));
  }
  for (size_t i = 0; i < values.size(); ++i) eval.set_output(i, std::move(values[i]));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "cond",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .doc = "The outputs of the first block where pred is true, of the second where it is false. The blocks "
           "take no inputs, see the "
           "values around them, and give values of the same number and types; their shapes may differ. "
           "Source: MIL, iOS15 "
           "control_flow.",
}};

}  // namespace

WF_OP_FILE(cond, kDefs);
}  // namespace wf
