// A neural network (the layers of NeuralNetwork.proto) lowered to a program.
#pragma once

#include <memory>

#include "formats/model_file.h"
#include "formats/wire/message.h"

namespace wf {

// `network` is the neuralNetwork, neuralNetworkClassifier or neuralNetworkRegressor message named by `type`.
// Weights stay in the mapped file: `owner` keeps it alive. Fills file.program, file.layer_types and
// weight_bytes, or file.refusals if a layer cannot run (custom layers). Description and specification_version
// of `file` are already there.
Status lower_neural_network(ModelFile& file, const Message& network, std::shared_ptr<const void> owner);

}  // namespace wf
