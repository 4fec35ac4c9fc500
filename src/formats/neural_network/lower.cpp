#include "formats/neural_network/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "formats/neural_network/control_flow.h"
#include "formats/neural_network/features.h"
#include "formats/neural_network/layer.h"
#include "formats/neural_network/network.h"
#include "ops/custom_layer.h"
#include "program/text.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"

namespace wf {
namespace {

using Classifier = proto::NeuralNetworkClassifier;
constexpr uint32_t kVector = 1;  // StringVector.vector and Int64Vector.vector

Error bad(std::string message) { return {ErrorCode::kBadModel, std::move(message)}; }

// Layer types in the file's words, and what cannot run; layers inside branches and loops as well.
void take_stock(ModelFile& file, const std::vector<Message>& layers, std::set<std::string>& custom) {
  for (const Message& layer : layers) {
    const uint32_t field = layer_field(layer);
    file.layer_types.push_back(layer_type_name(field));
    for (const Message& network : nested_networks(layer)) take_stock(file, nested_layers(network), custom);
    if (field != proto::NeuralNetworkLayer::kCustom) continue;
    const std::string name = layer.message(field).text(proto::CustomLayerParams::kClassName);
    if (find_custom_layer(name) || !custom.insert(name).second) continue;
    file.refusals.push_back(
        {fmt::format("custom layer '{}'", name),
         fmt::format("an implementation of '{}', registered before the model is loaded", name),
         Supplier::kCaller});
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
};

// An input may leave as it came, but a name cannot stand for two values.
Result<ValueId> untouched_input(Network& network, const Function& function, const Feature& feature) {
  const auto blob = network.blobs().find(feature.name);
  if (blob != network.blobs().end() && function.value(blob->second.value).name == feature.name)
    return blob->second.value;
  return bad(fmt::format("'{}' is an input and an output; the output needs a name of its own", feature.name));
}

Result<Outputs> define_outputs(Network& network, const Function& function, const Interface& interface,
                               const Message& message, const std::vector<Message>& layers, bool classifier) {
  Outputs outputs;
  std::vector<ValueId> classified;
  if (classifier) {
    WF_TRY(const ValueId scores, probabilities(network, message, layers));
    WF_TRY(Datum labels, class_labels(message));
    classified =
        network.builder().op_n("classify", {{"probabilities", scores}, {"classes", labels}}, 2, "classify");
    WF_CHECK(network.builder().status());
  }
  std::set<std::string_view> seen;
  for (const Feature& feature : interface.outputs) {
    if (!seen.insert(feature.name).second)
      return bad(fmt::format("two outputs are named '{}'", feature.name));
    outputs.names.push_back(feature.name);
    if (interface.find_input(feature.name)) {
      WF_TRY(const ValueId same, untouched_input(network, function, feature));
      outputs.values.push_back(same);
      continue;
    }
    if (classifier && feature.name == interface.predicted_feature_name) {
      outputs.values.push_back(classified[0]);
    } else if (classifier && feature.name == interface.predicted_probabilities_name) {
      outputs.values.push_back(classified[1]);
    } else {
      WF_TRY(const ValueId value, output_value(network, feature));
      outputs.values.push_back(value);
    }
  }
  return outputs;
}

}  // namespace

Status lower_neural_network(ModelFile& file, const Message& message, std::shared_ptr<const void> owner) {
  using N = proto::NeuralNetwork;
  const std::vector<Message> layers = message.messages(N::kLayers);
  std::set<std::string> custom;
  take_stock(file, layers, custom);
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
  WF_TRY(const Outputs outputs, define_outputs(network, function, interface, message, layers,
                                               file.type == "neuralNetworkClassifier"));

  network.builder().set_outputs(outputs.values);
  claim_names(function, outputs.values, outputs.names);
  file.weight_bytes += network.weight_bytes();
  WF_CHECK(verify(*program));
  file.program = std::move(program);
  return {};
}

}  // namespace wf
