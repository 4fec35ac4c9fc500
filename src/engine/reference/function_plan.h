// What is known of a function before it runs: its constants, and when each value can be let go.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "program/program.h"

namespace wf {

// Refers to the function, which must outlive it.
struct FunctionPlan {
  std::vector<Datum> constants;  // by value index: `const` operations, and weights decompressed before
  std::vector<ValueType> constant_types;  // by value index: the types of those, without unknown sizes
  // The values that nobody reads once the operation, or the block, is done. A value's uses in nested blocks
  // count for the operation that holds them, since a loop reads it again.
  std::unordered_map<const Op*, std::vector<ValueId>> done_after_op;
  std::unordered_map<const Block*, std::vector<ValueId>> done_after_block;
  // constexpr operations whose results are among the constants.
  std::unordered_set<const Op*> folded;
};

inline bool is_constexpr(const Op& op) { return op.type.starts_with("constexpr_"); }

// An error of code kWeightsMissing names the first constant whose weights are not loaded.
Result<FunctionPlan> make_plan(const Function& function);

// Decompresses the weights once, instead of at every prediction, as long as the results fit `most_bytes`.
// What does not fit, or fails, is left to the prediction, which says why.
void fold_weights(const Function& function, FunctionPlan& plan, int64_t most_bytes);

}  // namespace wf
