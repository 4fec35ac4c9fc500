#include "formats/neural_network/lower.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/neural_network/features.h"
#include "formats/neural_network/layer.h"
#include "formats/neural_network/network.h"
#include "program/text.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using Classifier = proto::NeuralNetworkClassifier;
constexpr uint32_t kVector = 1;  // StringVector.vector and Int64Vector.vector

Error bad(std::string message) { return {ErrorCode::kBadModel, std::move(message)}; }

// Layer types in the file's words, and what cannot run.
void take_stock(ModelFile& file, const std::vector<Message>& layers) {
  for (const Message& layer : layers) {
    const uint32_t field = layer_field(layer);
    file.layer_types.push_back(field == proto::NeuralNetworkLayer::kCustom ? "custom"
                                                                           : layer_type_name(field));
    if (field != proto::NeuralNetworkLayer::kCustom) continue;
    const std::string name = layer.message(field).text(proto::CustomLayerParams::kClassName);
    const std::string what = fmt::format("custom layer '{}'", name);
    if (std::ranges::find(file.refusals, what, &Refusal::what) != file.refusals.end()) continue;
    file.refusals.push_back({what, fmt::format("a registered implementation of '{}'", name), false});
  }
}

Result<Datum> class_labels(const Message& network) {
  List labels;
  for (std::string& label : network.message(Classifier::kStringClassLabels).texts(kVector)) {
    WF_TRY(Datum scalar, string_scalar(std::move(label)));
    labels.items.push_back(std::move(scalar));
  }
  for (const int64_t label : network.message(Classifier::kInt64ClassLabels).i64s(kVector)) {
    WF_TRY(Tensor scalar, Tensor::of_ints(DType::kInt64, {}, std::span(&label, 1)));
    labels.items.emplace_back(std::move(scalar));
  }
  if (labels.items.empty()) return bad("a classifier without class labels");
  return Datum(std::move(labels));
}

// The blob with the probabilities: named by the file, else what the last layer gives.
Result<ValueId> probabilities(Network& network, const Message& message, const std::vector<Message>& layers) {
  std::string name = message.text(Classifier::kLabelProbabilityLayerName);
  for (const Message& layer : layers) {
    const std::vector<std::string> outputs = layer.texts(proto::NeuralNetworkLayer::kOutput);
    const bool named = name.empty() ? &layer == &layers.back()
                                    : !network.blobs().contains(name) &&
                                          layer.text(proto::NeuralNetworkLayer::kName) == name;
    if (named && !outputs.empty()) {
      name = outputs[0];
      break;
    }
  }
  const auto blob = network.blobs().find(name);
  if (blob == network.blobs().end())
    return bad(fmt::format("no layer computes the class probabilities '{}'", name));
  return blob->second.value;
}

struct Outputs {
  std::vector<ValueId> values;
  std::vector<std::string> names;
  void add(ValueId value, const std::string& name) {
    values.push_back(value);
    names.push_back(name);
  }
};

Result<Outputs> define_outputs(Network& network, const Interface& interface, const Message& message,
                               const std::vector<Message>& layers, bool classifier) {
  Outputs outputs;
  std::vector<ValueId> classified;
  if (classifier) {
    WF_TRY(const ValueId scores, probabilities(network, message, layers));
    WF_TRY(Datum labels, class_labels(message));
    classified =
        network.builder().op_n("classify", {{"probabilities", scores}, {"classes", labels}}, 2, "classify");
    WF_CHECK(network.builder().status());
  }
  for (const Feature& feature : interface.outputs) {
    if (std::ranges::find(outputs.names, feature.name) != outputs.names.end()) {
      return bad(fmt::format("two outputs are named '{}'", feature.name));
    }
    if (classifier && feature.name == interface.predicted_feature_name) {
      outputs.add(classified[0], feature.name);
    } else if (classifier && feature.name == interface.predicted_probabilities_name) {
      outputs.add(classified[1], feature.name);
    } else {
      WF_TRY(const ValueId value, output_value(network, feature));
      outputs.add(value, feature.name);
    }
  }
  return outputs;
}

}  // namespace

Status lower_neural_network(ModelFile& file, const Message& message, std::shared_ptr<const void> owner) {
  using N = proto::NeuralNetwork;
  const std::vector<Message> layers = message.messages(N::kLayers);
  take_stock(file, layers);
  if (!file.refusals.empty()) return {};

  // Field numbers up to 10 are the same in the three network messages.
  const bool rank5_arrays = message.u64(N::kArrayInputShapeMapping) == 0;
  const bool rank5_images = message.u64(N::kImageInputShapeMapping) == 0;

  auto program = std::make_shared<Program>();
  Function& function = program->functions.emplace_back();
  function.name = "main";
  function.opset = Opset::kIos17;
  Network network(function, rank5_arrays, rank5_images, std::move(owner), file.notes);
  const Interface& interface = file.description.interface;
  WF_CHECK(define_inputs(network, interface));
  const std::vector<Message> preprocessing = message.messages(N::kPreprocessing);
  WF_CHECK(apply_preprocessing(network, interface, preprocessing));
  WF_CHECK(network.lower_layers(layers, 0));
  WF_TRY(const Outputs outputs,
         define_outputs(network, interface, message, layers, file.type == "neuralNetworkClassifier"));

  network.builder().set_outputs(outputs.values);
  for (size_t i = 0; i < outputs.values.size(); ++i)
    claim_name(function, outputs.values[i], outputs.names[i]);
  file.weight_bytes += network.weight_bytes();
  WF_CHECK(verify(*program));
  file.program = std::move(program);
  return {};
}

}  // namespace wf
