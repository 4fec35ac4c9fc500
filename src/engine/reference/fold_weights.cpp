// Compressed weights are constants that the file spells differently: they are decompressed when a function is
// prepared.
#include <algorithm>

#include "engine/reference/function_plan.h"
#include "engine/reference/run.h"
#include "program/walk.h"

namespace wf {
namespace {

// Bytes of the operation's results in memory.
int64_t byte_size(const Op& op, const Run& run) {
  int64_t total = 0;
  for (const ValueId id : op.outputs) {
    const Datum* value = run.value_of(id);
    if (value && value->tensor()) total += value->tensor()->byte_size();
  }
  return total;
}

// Which values an operation that still runs, or a block's end, reads.
void mark_read(const Block& block, const FunctionPlan& plan, std::vector<bool>& read) {
  for (const Op& op : block.ops) {
    if (plan.folded.contains(&op)) continue;
    for_each_read(op, [&](ValueId id) { read[id.index] = true; });
    for (const Block& inner : op.blocks) mark_read(inner, plan, read);
  }
  for (const ValueId id : block.outputs) read[id.index] = true;
}

}  // namespace

void fold_weights(const Function& function, FunctionPlan& plan, int64_t most_bytes) {
  const RunOptions options;
  Run run(function, plan, options);
  std::vector<const Op*> folded;
  int64_t total = 0;
  for_each_op(function.body, [&](const Op& op, int) {
    if (!is_constexpr(op) || total > most_bytes || !run.evaluate(op)) return;
    total += byte_size(op, run);
    if (total <= most_bytes) folded.push_back(&op);
  });

  plan.folded.insert(folded.begin(), folded.end());
  std::vector<bool> read(function.values.size(), false);
  mark_read(function.body, plan, read);
  for (const Op* op : folded) {
    for (const ValueId id : op->outputs) {
      if (!read[id.index]) continue;  // a step on the way to another folded result
      plan.constants[id.index] = *run.value_of(id);
      plan.constant_types[id.index] = *run.type_of_value(id);
    }
  }
}

}  // namespace wf
