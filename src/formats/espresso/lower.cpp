#include "formats/espresso/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "formats/espresso/layer_context.h"
#include "program/text.h"

namespace wf {
namespace {

Error bad(std::string message) { return Error(ErrorCode::kBadModel, std::move(message)); }

// Blobs that no layer writes before they are read, and blobs that no layer reads.
struct Borders {
  std::vector<std::string> inputs, outputs;
};

Borders borders_of(const EspressoNet& net) {
  std::set<std::string> written, read;
  Borders borders;
  for (const EspressoLayer& layer : net.layers) {
    for (const std::string& name : layer.bottoms) {
      if (read.insert(name).second && !written.contains(name)) borders.inputs.push_back(name);
    }
    written.insert(layer.tops.begin(), layer.tops.end());
  }
  std::set<std::string> taken;
  for (const EspressoLayer& layer : net.layers) {
    for (const std::string& name : layer.tops) {
      if (!read.contains(name) && taken.insert(name).second) borders.outputs.push_back(name);
    }
  }
  return borders;
}

Feature array_feature(const EspressoNet& net, const std::string& name) {
  ArrayFeature array;
  if (const auto shape = net.shapes.find(name); shape != net.shapes.end()) {
    array.shape = {shape->second.k, shape->second.h, shape->second.w};
  }
  Feature feature;
  feature.name = name;
  feature.type = std::move(array);
  return feature;
}

// The input as a blob: [C, H, W] and [C] get the sizes the network states for them.
Status define_array(EspressoState& state, const Feature& feature, Shape shape) {
  const auto stated = state.net.shapes.find(feature.name);
  if (shape.empty() && stated != state.net.shapes.end()) {
    shape = {stated->second.k, stated->second.h, stated->second.w};
  }
  Shape sizes = {1, 1, 1, 1};
  if (stated != state.net.shapes.end()) {
    sizes = espresso_sizes(stated->second);
  } else if (shape.size() == 1 || shape.size() == 3) {
    std::ranges::copy(shape, sizes.begin() + 1);
  }
  const auto described = element_count(shape), held = element_count(sizes);
  if (!described || !held || *described != *held) {
    return bad(fmt::format("its shape is {}, the network takes {}", to_string(shape), to_string(sizes)));
  }
  const ValueId value = state.builder.input(feature.name, tensor_type(DType::kFloat32, shape));
  state.blobs[feature.name] =
      state.builder.op("reshape", {{"x", value}, {"shape", sizes}}, feature.name + "_nchw");
  return state.builder.status();
}

// scale * x + bias, as model.espresso.net states for this image.
Status apply_transform(EspressoState& state, const Feature& feature) {
  const auto found = state.net.transforms.find(feature.name);
  if (found == state.net.transforms.end()) return {};
  const EspressoTransform& transform = found->second;
  const ColorLayout layout = feature.image()->layout;
  const bool color = channels(layout) == 3;
  if (transform.center_mean != 0) return Error(ErrorCode::kUnsupported, "transform_params with center_mean");
  // The runtime gives the channels in the order of the description; a network that wants another one was
  // never seen.
  if (color && transform.bgr && layout != ColorLayout::kBgr) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("transform_params with is_network_bgr for a {} image", name_of(layout)));
  }
  std::vector<double> bias = {transform.red, transform.green, transform.blue};
  if (layout == ColorLayout::kBgr) std::ranges::reverse(bias);
  if (!color) {
    if (transform.red != transform.green || transform.red != transform.blue) {
      return Error(ErrorCode::kUnsupported, "transform_params with different biases for a grayscale image");
    }
    bias.resize(1);
  }
  ValueId& blob = state.blobs[feature.name];
  if (transform.scale != 1) {
    blob = state.builder.op("mul", {{"x", blob}, {"y", transform.scale}}, feature.name + "_scaled");
  }
  if (std::ranges::any_of(bias, [](double value) { return value != 0; })) {
    WF_TRY(Tensor tensor,
           Tensor::of_doubles(DType::kFloat32, {static_cast<int64_t>(bias.size()), 1, 1}, bias));
    blob = state.builder.op("add", {{"x", blob}, {"y", tensor}}, feature.name + "_biased");
  }
  return state.builder.status();
}

Status define_input(EspressoState& state, const Feature& feature) {
  if (const ImageFeature* image = feature.image()) {
    const Shape shape = {1, channels(image->layout), image->height, image->width};
    if (!element_count(shape)) return bad(fmt::format("absurd image of {}", to_string(shape)));
    state.blobs[feature.name] = state.builder.input(feature.name, tensor_type(DType::kFloat32, shape));
    return apply_transform(state, feature);
  }
  if (const ArrayFeature* array = feature.array()) {
    if (!array->enumerated.empty() || !array->ranges.empty()) {
      state.notes.push_back(fmt::format(
          "input '{}' is flexible; a compiled network runs in its default shape only", feature.name));
    }
    return define_array(state, feature, array->shape);
  }
  if (std::holds_alternative<Int64Feature>(feature.type) ||
      std::holds_alternative<DoubleFeature>(feature.type)) {
    return define_array(state, feature, {1});
  }
  return bad(fmt::format("{} cannot be an input of a neural network", to_string(feature)));
}

Status lower_layer(EspressoState& state, const EspressoLayer& layer) {
  EspressoLayerContext context(state, layer);
  find_espresso_lowering(layer.type)(context);
  context.finish();
  return state.builder.status();
}

// A value of its own for an output, in the shape the feature declares; where it declares none, [k, h, w].
Result<ValueId> output_value(EspressoState& state, const Feature& feature) {
  const auto blob = state.blobs.find(feature.name);
  if (blob == state.blobs.end()) return bad(fmt::format("no layer computes the output '{}'", feature.name));
  Builder& builder = state.builder;
  const Shape& sizes = builder.shape(blob->second);
  Shape wanted = sizes;
  if (const ArrayFeature* array = feature.array()) {
    const auto declared = element_count(array->shape), held = element_count(sizes);
    if (!array->shape.empty() && declared && held && *declared == *held) {
      wanted = array->shape;
    } else if (sizes.size() == 4 && sizes[0] == 1) {
      wanted.erase(wanted.begin());
    }
  }
  const ValueId value = wanted == sizes
                            ? builder.op("identity", {{"x", blob->second}}, feature.name)
                            : builder.op("reshape", {{"x", blob->second}, {"shape", wanted}}, feature.name);
  WF_CHECK(builder.status());
  return value;
}

Status define_outputs(EspressoState& state, const Interface& interface, const EspressoClasses& classes) {
  std::vector<ValueId> classified;
  if (!classes.labels.items.empty()) {
    const auto scores = state.blobs.find(classes.probabilities_name);
    if (scores == state.blobs.end()) {
      return bad(fmt::format("no layer computes the class probabilities '{}'", classes.probabilities_name));
    }
    classified = state.builder.op_n(
        "classify", {{"probabilities", scores->second}, {"classes", Datum(classes.labels)}}, 2, "classify");
  }
  std::vector<ValueId> outputs;
  for (const Feature& feature : interface.outputs) {
    if (!classified.empty() && feature.name == interface.predicted_feature_name) {
      outputs.push_back(classified[0]);
    } else if (!classified.empty() && feature.name == interface.predicted_probabilities_name) {
      outputs.push_back(classified[1]);
    } else {
      WF_TRY(const ValueId value, output_value(state, feature));
      outputs.push_back(value);
    }
  }
  WF_CHECK(state.builder.status());
  state.builder.set_outputs(outputs);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string& name = interface.outputs[i].name;
    if (interface.find_input(name)) return bad(fmt::format("'{}' is both an input and an output", name));
    state.builder.rename(outputs[i], name);
  }
  return {};
}

Status lower(EspressoState& state, const Interface& interface, const EspressoClasses& classes) {
  for (const Feature& feature : interface.inputs) {
    if (state.blobs.contains(feature.name))
      return bad(fmt::format("two inputs are named '{}'", feature.name));
    if (auto status = define_input(state, feature); !status) {
      return std::move(status).error().at(fmt::format("input '{}'", feature.name));
    }
  }
  for (const EspressoLayer& layer : state.net.layers) {
    if (auto status = lower_layer(state, layer); !status) {
      return std::move(status).error().at(fmt::format("{} '{}'", layer.type, layer.name));
    }
  }
  return define_outputs(state, interface, classes);
}

}  // namespace

void describe_espresso(const EspressoNet& net, ModelFile& file) {
  for (const EspressoLayer& layer : net.layers) file.layer_types.push_back(layer.type);
  Interface& interface = file.description.interface;
  if (!interface.inputs.empty() || !interface.outputs.empty()) return;
  const Borders borders = borders_of(net);
  for (const std::string& name : borders.inputs) interface.inputs.push_back(array_feature(net, name));
  for (const std::string& name : borders.outputs) interface.outputs.push_back(array_feature(net, name));
  file.notes.push_back("inputs and outputs are guessed from the layers: the bundle describes none");
}

Status lower_espresso(const EspressoNet& net, const EspressoWeights& weights, const EspressoClasses& classes,
                      ModelFile& file) {
  std::set<std::string> unknown;
  for (const EspressoLayer& layer : net.layers) {
    if (find_espresso_lowering(layer.type) || !unknown.insert(layer.type).second) continue;
    file.refusals.push_back(
        {fmt::format("espresso layer '{}'", layer.type), "a Windfall that knows this layer type"});
  }
  if (!file.refusals.empty()) return {};

  auto program = std::make_shared<Program>();
  Function& function = program->functions.emplace_back();
  function.name = "main";
  function.opset = Opset::kIos17;
  EspressoState state{net, weights, Builder(function), {}, {}};
  auto status = lower(state, file.description.interface, classes);
  file.notes.insert(file.notes.end(), state.notes.begin(), state.notes.end());
  if (!status && status.error().code == ErrorCode::kUnsupported) {
    file.refusals.push_back({status.error().to_string(), "a Windfall that knows what this means"});
    return {};
  }
  WF_CHECK(std::move(status));
  WF_CHECK(verify(*program));
  file.weight_bytes += weights.byte_size();
  file.program = std::move(program);
  return {};
}

}  // namespace wf
