// Neural networks written message by message, lowered and run: for the tests of the layers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "formats/neural_network/lower.h"
#include "formats/wire/writer.h"
#include "proto/neural_network.h"
#include "proto/neural_network_layers.h"
#include "runtime/model.h"
#include "support/support.h"

namespace wf::test {

using Layer = proto::NeuralNetworkLayer;
using Fill = std::function<void(WireWriter&)>;

inline Feature array_of(std::string name, Shape shape) {
  Feature feature;
  feature.name = std::move(name);
  feature.type = ArrayFeature{DType::kFloat32, std::move(shape), {}, {}, {}};
  return feature;
}

inline Feature flexible(std::string name, Shape shape, std::vector<SizeRange> ranges) {
  Feature feature = array_of(std::move(name), std::move(shape));
  std::get<ArrayFeature>(feature.type).ranges = std::move(ranges);
  return feature;
}

inline void add_floats(WireWriter& w, uint32_t field, const std::vector<float>& values) {
  w.add_bytes(field, std::as_bytes(std::span(values)));
}
// WeightParams with floats.
inline void add_weights(WireWriter& w, uint32_t field, const std::vector<float>& values) {
  w.add_message(field, [&] { add_floats(w, proto::WeightParams::kFloatValue, values); });
}
inline void add_sizes(WireWriter& w, uint32_t field, const std::vector<int64_t>& values) {
  w.put_packed(field, values);
}

// One layer, to be put into a network's `layers` field.
inline void add_layer(WireWriter& w, uint32_t field, const std::vector<std::string>& inputs,
                      const std::vector<std::string>& outputs, const Fill& params = {}) {
  w.add_message(proto::NeuralNetwork::kLayers, [&] {
    w.add_text(Layer::kName, outputs.empty() ? "layer" : "make_" + outputs[0]);
    for (const std::string& name : inputs) w.add_text(Layer::kInput, name);
    for (const std::string& name : outputs) w.add_text(Layer::kOutput, name);
    w.add_message(field, [&] {
      if (params) params(w);
    });
  });
}

// A network with its description. `exact`: tensors have the ranks of their features, instead of [Seq, Batch,
// C, H, W].
class TestNetwork {
 public:
  explicit TestNetwork(bool exact = false) {
    wire.put_int(proto::NeuralNetwork::kArrayInputShapeMapping, exact);
    wire.put_int(proto::NeuralNetwork::kImageInputShapeMapping, exact);
    file.type = "neuralNetwork";
    file.container = ".mlmodel";
    file.specification_version = 4;
  }

  TestNetwork& input(std::string name, Shape shape) {
    return input(array_of(std::move(name), std::move(shape)));
  }
  TestNetwork& input(Feature feature) {
    file.description.interface.inputs.push_back(std::move(feature));
    return *this;
  }
  TestNetwork& output(std::string name, Shape shape = {}) {
    return output(array_of(std::move(name), std::move(shape)));
  }
  TestNetwork& output(Feature feature) {
    file.description.interface.outputs.push_back(std::move(feature));
    return *this;
  }
  TestNetwork& layer(uint32_t field, const std::vector<std::string>& inputs,
                     const std::vector<std::string>& outputs, const Fill& params = {}) {
    add_layer(wire, field, inputs, outputs, params);
    return *this;
  }

  // The lowered file.
  Result<ModelFile> lower() const {
    auto bytes = std::make_shared<std::string>(wire.text());
    WireErrors errors(as_bytes(*bytes));
    const Message message(as_bytes(*bytes), errors);
    ModelFile lowered = file;
    WF_CHECK(lower_neural_network(lowered, message, bytes));
    WF_CHECK(errors.status());
    return lowered;
  }

  Result<Features> run(const Features& inputs) const {
    WF_TRY(ModelFile lowered, lower());
    WF_TRY(const Model model, Model::prepare(std::make_shared<const ModelFile>(std::move(lowered))));
    return model.predict(inputs);
  }

  // The only output, of a network with these inputs; a test failure and an empty tensor if it does not run.
  Tensor run1(const Features& inputs) const {
    auto outputs = run(inputs);
    EXPECT_TRUE(outputs.ok()) << outputs.error().to_string();
    return outputs && !outputs->empty() && (*outputs)[0].second.tensor() ? *(*outputs)[0].second.tensor()
                                                                         : Tensor();
  }

  // Why it does not lower; "" if it does.
  std::string failure() const {
    auto lowered = lower();
    return lowered ? "" : lowered.error().to_string();
  }

  WireWriter wire;
  ModelFile file;
};

}  // namespace wf::test
