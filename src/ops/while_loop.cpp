// while_loop: a block repeated while another one says so.
#include <fmt/format.h>

#include "ops/call.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("loop_vars").any().variadic()};

// Shapes may change with every turn, dtypes may not.
Result<std::vector<ValueType>> infer(const Call& call) {
  if (call.op().blocks.size() != 2)
    return call.error(fmt::format("has {} blocks, expected 2", call.op().blocks.size()));
  std::vector<ValueType> types;
  for (size_t i = 0; i < call.count("loop_vars"); ++i) {
    const ValueType& type = call.type("loop_vars", i);
    if (type.tensor())
      types.push_back(tensor_type_of_unknown_rank(type.tensor()->dtype));
    else if (type.list())
      types.push_back(ListType{type.list()->element, kUnknownSize});
    else
      types.push_back(type);
  }
  return types;
}

Result<bool> goes_on(Evaluation& eval, std::span<const Datum> values) {
  WF_TRY(const std::vector<Datum> answer, eval.run_block(0, values));
  const Tensor* flag = answer.size() == 1 ? answer[0].tensor() : nullptr;
  if (!flag || flag->dtype() != DType::kBool || flag->size() != 1)
    return eval.error("the condition block must give one bool");
  return read_int(*flag, 0) != 0;
}

Status reference(Evaluation& eval) {
  std::vector<Datum> values;
  for (size_t i = 0; i < eval.count("loop_vars"); ++i) values.push_back(*eval.value("loop_vars", i));
  for (;;) {
    WF_CHECK(eval.tick());
    WF_TRY(const bool again, goes_on(eval, values));
    if (!again) break;
    WF_TRY(std::vector<Datum> next, eval.run_block(1, values));
    if (next.size() != values.size()) {
      return eval.error(
          fmt::format("the body gives {} values for {} loop variables", next.size(), values.size()));
    }
    values = std::move(next);
  }
  for (size_t i = 0; i < values.size(); ++i) eval.set_output(i, std::move(values[i]));
  return {};
}

constexpr OpDef kDefs[] = {{
    .name = "while_loop",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .doc =
        "values = loop_vars; while condition(values): values = body(values). The first block is the "
        "condition (one bool, asked "
        "before the first turn), the second the body; both take the loop variables as inputs and see the "
        "values around them. "
        "Shapes may change from turn to turn; lists may be loop variables. Source: MIL, iOS15 control_flow.",
}};

}  // namespace

WF_OP_FILE(while_loop, kDefs);
}  // namespace wf
