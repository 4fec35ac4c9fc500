// Attention written as products and a softmax, found in the operations and done as one step.
#pragma once

#include <optional>
#include <vector>

#include "passes/static_function.h"
#include "plan/lowering.h"

namespace wf {

struct AttentionMatch {
  std::vector<size_t> members;  // operations, ascending; the last one gives the result
  ValueId query, key, value;
  std::optional<ValueId> mask;     // added to the scores
  bool key_is_transposed = false;  // key is [..., inner, keys]
  double scale = 1;
};

// The match whose last operation, a matmul, is this one: matmul(softmax(matmul(q, k) * number + mask), v),
// the number and the mask being optional, nobody else reading what is in between. `uses` counts the reads of
// each value, `producer` is the operation that computes it or -1.
std::optional<AttentionMatch> match_attention(const StaticFunction& function, size_t last,
                                              const std::vector<int>& uses, const std::vector<int>& producer);

// The step. Views of rank 3 or more with the same leading dimensions but for broadcasting. `mask` may be
// null. False: the strides do not allow it.
struct AttentionViews {
  View query, key, value, out;
  const View* mask = nullptr;
  bool key_is_transposed = false;
  double scale = 1;
};
using EmitStep = std::function<void(Step)>;
using Allocate = std::function<View(int64_t floats)>;
bool emit_attention(const AttentionViews& views, Isa isa, const Allocate& allocate, const EmitStep& emit);

}  // namespace wf
