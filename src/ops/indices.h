// Shared by the gather and scatter operations: what an index means by opset.
#pragma once

#include "ops/call.h"

namespace wf {

// Up to iOS16 a negative index counts from the end. From iOS17 it is out of bounds. An index that is out of
// bounds is an error where `validate_indices` asks for it; otherwise Core ML leaves the result open but
// memory-safe, and here a gather gives 0 and a scatter changes nothing.
class IndexRule {
 public:
  explicit IndexRule(const Call& call);

  // The place in [0, size), or -1 for one that is out of bounds and let pass.
  Result<int64_t> resolve(int64_t index, int64_t size) const;

 private:
  const Call* call_;
  bool wraps_, validates_;
};

}  // namespace wf
