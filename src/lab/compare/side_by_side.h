// Two bindings, engines or recordings, component by component.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lab/compare/diagnosis.h"
#include "runtime/model.h"

namespace wf {

// A component in which the two sides may differ: what each of them has.
struct Component {
  std::string name;  // "input 'x'", "configuration", "options", "output 'y'"
  std::string first, second;
  bool same() const { return first == second; }
};

struct OutputDiagnosis {
  std::string output;
  Diagnosis diagnosis;
};

struct SideBySide {
  std::vector<Component> components;  // in the order in which a value passes them
  std::vector<OutputDiagnosis> outputs;
  bool agree() const;
};

struct Side {
  std::string engine;
  PrepareOptions prepare;
};

// The same inputs through both. The second side is taken for right.
Result<SideBySide> compare_sides(const std::shared_ptr<const ModelFile>& file, const Features& inputs,
                                 const Side& first, const Side& second, const InferOptions& options,
                                 double tolerance);

// Outputs that two bindings recorded, by name; what only one has is a component that differs. Where each
// holds one value alone, names do not matter.
SideBySide compare_recordings(const Features& first, const Features& second, double tolerance);

}  // namespace wf
