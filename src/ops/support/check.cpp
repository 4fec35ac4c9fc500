#include "ops/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/call.h"
#include "ops/custom_layer.h"

namespace wf {

Status check_operations(const Function& function) {
  std::vector<std::string> unknown;
  std::string first_place;
  size_t position = 0;
  for_each_op(function.body, [&](const Op& op, int) {
    if (!find_op(op.type, function.opset)) {
      if (unknown.empty())
        first_place = fmt::format("function '{}': operation {} ({})", function.name, position, op.label());
      const std::string name = fmt::format("'{}' (opset {})", op.type, text_name(function.opset));
      if (std::ranges::find(unknown, name) == unknown.end()) unknown.push_back(name);
    }
    ++position;
  });
  if (!unknown.empty()) {
    std::string names;
    for (const std::string& name : unknown) names += (names.empty() ? "" : ", ") + name;
    return Error(ErrorCode::kUnsupported, fmt::format("operation not available: {}", names), first_place,
                 "`windfall ops` lists every operation this build runs");
  }
  WF_CHECK(check_custom_layers(function));

  std::vector<Datum> known(function.values.size());
  const auto remember_constants = [&](const Op& op, int) {
    const Constant* value = op.type == "const" ? op.find_attribute("val") : nullptr;
    if (value && op.outputs.size() == 1) known[op.outputs[0].index] = value->data;
  };
  for_each_op(function.body, remember_constants);

  Status status;
  for_each_op(function.body, [&](const Op& op, int) {
    if (!status || op.type == "const") return;
    // Values that are not constants stand in as known, so that only what is certain now is refused.
    const Datum unknown_yet;
    auto call = make_call(
        op, function.opset, [&](ValueId id) { return &function.value(id).type; },
        [&](ValueId id) { return known[id.index].known() ? &known[id.index] : &unknown_yet; });
    if (!call && call.error().code != ErrorCode::kWeightsMissing) {
      status = Status(std::move(std::move(call).error()).at(fmt::format("function '{}'", function.name)));
    }
  });
  return status;
}

}  // namespace wf
