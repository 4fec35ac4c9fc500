// unfit_branch: what stands in a branch of a neural network that cannot be built.
#include <fmt/format.h>

#include "ops/call.h"

namespace wf {
namespace {

constexpr Param kParams[] = {Param("reason").text()};

// The types are those of the other side: this one never gives a value.
Result<std::vector<ValueType>> infer(const Call& call) {
  return std::vector<ValueType>(call.op().outputs.size());
}

Status reference(Evaluation& eval) {
  return Error(ErrorCode::kBadModel,
               fmt::format("the branch that the condition takes does not fit its inputs: {}",
                           eval.tensor("reason")->strings()[0]),
               eval.op().label());
}

constexpr OpDef kDefs[] = {{
    .name = "unfit_branch",
    .params = kParams,
    .infer = infer,
    .reference = reference,
    .doc = "Fails with `reason`. It stands for the layers of a branch whose shapes cannot fit: converters "
           "write branches that are never taken, and Core ML looks at shapes only when it runs them.",
    .internal = true,
}};

}  // namespace

WF_OP_FILE(unfit_branch, kDefs);
}  // namespace wf
