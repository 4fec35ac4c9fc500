// A model's outputs for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "runtime/model.h"
#include "session.h"

namespace wf::tool {

// Names of classes that a model carries outside its classifier: the "labels" of Xcode's preview parameters,
// or "classes" as a comma-separated text. Empty if there are none.
std::vector<std::string> labels_of(const Metadata& metadata);

struct OutputView {
  const Interface& interface;
  std::vector<std::string> labels;
  size_t top_k = 5;
};

// Dictionaries and vectors that look like probabilities: the best classes with a bar each; images and other
// arrays: type, smallest, largest and mean element, the first values.
std::string outputs_text(const Features& outputs, const OutputView& view, const Session& session);
// Arrays of more than 4096 elements are described without their values.
Json outputs_json(const Features& outputs, const OutputView& view);

}  // namespace wf::tool
