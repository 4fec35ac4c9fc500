#include "formats/neural_network/network.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/neural_network/control_flow.h"
#include "formats/neural_network/layer_context.h"
#include "proto/neural_network.h"

namespace wf {
namespace {

// Fields of NeuralNetworkLayer below this number are not parameters but the layer's name, inputs and outputs.
constexpr uint32_t kFirstLayerField = proto::NeuralNetworkLayer::kConvolution;

}  // namespace

const LayerDef* find_layer_def(uint32_t field) {
  for (const LayerFile* const* file = layer_file_table(); *file; ++file) {
    for (const LayerDef& def : (*file)->defs) {
      if (def.field == field) return &def;
    }
  }
  return nullptr;
}

uint32_t layer_field(const Message& layer) {
  uint32_t found = 0;
  for (const uint32_t field : layer.fields_present()) {
    if (field >= kFirstLayerField) found = field;  // of a oneof the last one counts
  }
  return found;
}

std::string layer_type_name(uint32_t field) {
  const LayerDef* def = find_layer_def(field);
  return def ? std::string(def->name) : fmt::format("layer type {}", field);
}

void Network::note(std::string text) {
  if (std::ranges::find(notes_, text) == notes_.end()) notes_.push_back(std::move(text));
}

Status Network::lower_layers(std::span<const Message> layers, int depth) {
  for (size_t i = 0; i < layers.size(); ++i) {
    WF_CHECK(lower_layer(layers[i], i, depth));
    if (loop_exit_ && i + 1 < layers.size() && may_leave_loop(layers[i], depth)) {
      return lower_unless_skipping(*this, layers.subspan(i + 1), depth);
    }
  }
  return {};
}

Status Network::lower_layer(const Message& layer, size_t index, int depth) {
  const uint32_t field = layer_field(layer);
  const auto place = [&] {
    return fmt::format("layer {} '{}' ({})", index, layer.text(proto::NeuralNetworkLayer::kName),
                       layer_type_name(field));
  };
  const LayerDef* def = find_layer_def(field);
  if (!def) {
    return Error(field == 0 ? ErrorCode::kBadModel : ErrorCode::kUnsupported,
                 field == 0 ? "names no layer type" : "this layer type is not known", place());
  }
  const Message params = layer.message(field);
  LayerContext context(*this, layer, params, depth);
  Status status;
  for (const std::string& name : context.input_names()) {
    const auto blob = blobs_.find(name);
    if (blob == blobs_.end()) {
      return Error(ErrorCode::kBadModel,
                   fmt::format("reads '{}', which neither an input nor a layer before it provides", name),
                   place());
    }
    context.inputs_.push_back(blob->second);
  }
  status = def->lower(context);
  if (status) status = builder_.status();
  if (status) return {};
  Error error = std::move(status).error();
  // What does not fit here comes from the file, not from the caller.
  if (error.code == ErrorCode::kInvalidArgument) error.code = ErrorCode::kBadModel;
  return std::move(error).at(place());
}

}  // namespace wf
