#include "formats/neural_network/lower.h"

#include <fmt/format.h>

#include "proto/neural_network.h"

namespace wf {

Status lower_neural_network(ModelFile& file, const Message& network, std::shared_ptr<const void>) {
  const auto layers = network.messages(proto::NeuralNetwork::kLayers).size();
  return Error(ErrorCode::kUnsupported, fmt::format("{} with {} layers: lowering is not built in yet", file.type, layers));
}

}  // namespace wf
