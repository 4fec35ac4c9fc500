// A compiled neural network lowered to a program. Every layer's result is held against the shape that
// model.espresso.shape states, so a parameter that was misread is an error and not a wrong number.
#pragma once

#include "formats/espresso/net.h"
#include "formats/espresso/weights.h"
#include "formats/model_file.h"
#include "program/datum.h"

namespace wf {

// What a classifying network adds: its labels, and the blob with their probabilities.
struct EspressoClasses {
  List labels;
  std::string probabilities_name;
};

// Fills file.layer_types and, where the file describes nothing, file.description.
void describe_espresso(const EspressoNet& net, ModelFile& file);

// Fills file.program, or file.refusals if a layer cannot run.
Status lower_espresso(const EspressoNet& net, const EspressoWeights& weights, const EspressoClasses& classes,
                      ModelFile& file);

}  // namespace wf
