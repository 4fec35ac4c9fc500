// What the fast engine would do when it prepares a function, for whoever keeps it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/stored_weights.h"
#include "program/program.h"

namespace wf {

struct PlannedStep {
  std::string label, kernel;  // as Step's
};

// Plans the function for its own shapes, or for `shapes` where those are open, so that `weights` is told of
// all that is packed for it. The steps; none where there is no plan: the interpreter runs the function.
Result<std::vector<PlannedStep>> pack_function(std::shared_ptr<const Program> program,
                                               const Function& function, const StoredWeights& weights,
                                               Isa isa, const std::optional<std::vector<Shape>>& shapes);

}  // namespace wf
