#include "formats/espresso/layer_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace wf {
namespace {

constexpr int64_t kMaxSize = int64_t{1} << 31;

// Names, and hints to Apple's engines that change no result.
constexpr std::string_view kIgnored[] = {"name",    "type",       "bottom",     "top",
                                         "weights", "attributes", "debug_info", "hint_fallback_from_metal"};

constexpr std::pair<std::string_view, EspressoLowering> kLowerings[] = {
    {"activation", lower_espresso_activation},
    {"batchnorm", lower_espresso_batchnorm},
    {"concat", lower_espresso_concat},
    {"convolution", lower_espresso_convolution},
    {"deconvolution", lower_espresso_deconvolution},
    {"elementwise", lower_espresso_elementwise},
    {"flatten", lower_espresso_flatten},
    {"inner_product", lower_espresso_inner_product},
    {"load_constant", lower_espresso_load_constant},
    {"pool", lower_espresso_pool},
    {"reshape", lower_espresso_reshape},
    {"softmax", lower_espresso_softmax},
    {"transpose", lower_espresso_transpose},
    {"upsample", lower_espresso_upsample},
};

bool is_off(const nlohmann::json& value) {
  if (value.is_number()) return value.get<double>() == 0;
  if (value.is_boolean()) return !value.get<bool>();
  return value.empty();  // null, {}, []
}

}  // namespace

EspressoLowering find_espresso_lowering(std::string_view type) {
  for (const auto& [name, lowering] : kLowerings) {
    if (name == type) return lowering;
  }
  return nullptr;
}

int64_t espresso_axis(int64_t code) { return code >= 0 && code <= 3 ? 3 - code : -1; }

Shape espresso_sizes(const EspressoShape& shape) {
  if (shape.seq == 1) return {shape.n, shape.k, shape.h, shape.w};
  return {shape.seq, shape.n, shape.k, shape.h, shape.w};
}

EspressoLayerContext::EspressoLayerContext(EspressoState& state, const EspressoLayer& layer)
    : state_(state), layer_(layer) {
  const auto weights = layer.attributes.find("weights");
  if (weights != layer.attributes.end() && !weights->empty()) {
    std::string kinds;
    if (weights->is_object()) {
      for (const auto& [kind, id] : weights->items()) kinds += (kinds.empty() ? "" : ", ") + kind;
    }
    refuse(fmt::format("weights of the kinds {}", kinds));
  }
}

void EspressoLayerContext::note(std::string text) {
  if (std::ranges::find(state_.notes, text) == state_.notes.end()) state_.notes.push_back(std::move(text));
}

const nlohmann::json* EspressoLayerContext::find(std::string_view key) {
  understood_.emplace(key);
  const auto found = layer_.attributes.find(std::string(key));
  return found == layer_.attributes.end() ? nullptr : &*found;
}

double EspressoLayerContext::number(std::string_view key, double fallback) {
  const nlohmann::json* value = find(key);
  if (!value) return fallback;
  if (value->is_number()) return value->get<double>();
  damaged(fmt::format("parameter '{}' is no number", key));
  return fallback;
}

int64_t EspressoLayerContext::integer(std::string_view key, int64_t fallback) {
  const double value = number(key, static_cast<double>(fallback));
  if (std::abs(value) < static_cast<double>(kMaxSize) && value == std::trunc(value))
    return static_cast<int64_t>(value);
  damaged(fmt::format("parameter '{}' is {}, expected an integer", key, value));
  return fallback;
}

int64_t EspressoLayerContext::size(std::string_view key, int64_t fallback) {
  const int64_t value = integer(key, fallback);
  if (value >= 1) return value;
  damaged(has(key) ? fmt::format("parameter '{}' is {}, expected at least 1", key, value)
                   : fmt::format("parameter '{}' is missing", key));
  return 1;
}

void EspressoLayerContext::expect_bottoms(size_t least, size_t most) {
  if (bottom_count() >= least && bottom_count() <= most && layer_.tops.size() == 1) return;
  damaged(fmt::format("{} inputs and {} outputs", bottom_count(), layer_.tops.size()));
}

ValueId EspressoLayerContext::bottom(size_t i) {
  if (i >= bottom_count()) return {};
  const auto blob = state_.blobs.find(layer_.bottoms[i]);
  if (blob != state_.blobs.end()) return blob->second;
  damaged(fmt::format("no layer before computes its input '{}'", layer_.bottoms[i]));
  return {};
}

ValueId EspressoLayerContext::nchw(size_t i) {
  const ValueId id = bottom(i);
  if (builder().ok() && builder().rank(id) != 4) refuse("a sequence as its input");
  return id;
}

const EspressoShape* EspressoLayerContext::declared_top() const {
  const auto shape = state_.net.shapes.find(layer_.tops[0]);
  return shape == state_.net.shapes.end() ? nullptr : &shape->second;
}

ValueId EspressoLayerContext::op(std::string_view type, const Builder::ArgumentList& arguments) {
  return builder().op_list(type, arguments, 1, layer_.name)[0];
}

Tensor EspressoLayerContext::blob(std::string_view key, const Shape& shape) {
  const std::string half_key = fmt::format("{}_f16", key);
  const bool half = has(half_key);
  if (!half && !has(key)) {
    refuse(fmt::format("weights stored otherwise than as '{}' or '{}'", key, half_key));
    return {};
  }
  const int64_t id = integer(half ? half_key : key, 0);
  auto tensor =
      state_.weights.tensor(static_cast<uint64_t>(id), half ? DType::kFloat16 : DType::kFloat32, shape);
  if (tensor && half) tensor = converted(*tensor, DType::kFloat32);
  if (tensor) return *tensor;
  builder().fail(std::move(tensor).error().at(key));
  return {};
}

ValueId EspressoLayerContext::activated(ValueId x, std::string_view relu_key, std::string_view tanh_key) {
  if (flag(relu_key)) x = op("relu", {{"x", x}});
  if (flag(tanh_key)) x = op("tanh", {{"x", x}});
  return x;
}

void EspressoLayerContext::set(ValueId value) {
  if (!builder().ok()) return;
  // Layers multiply sizes without asking: here they are kept small enough.
  const Shape& sizes = builder().shape(value);
  if (!element_count(sizes) ||
      std::ranges::any_of(sizes, [](int64_t size) { return size < 0 || size >= kMaxSize; })) {
    return damaged(fmt::format("gives the absurd shape {}", to_string(sizes)));
  }
  state_.blobs.insert_or_assign(layer_.tops[0], value);
}

void EspressoLayerContext::finish() {
  if (!builder().ok()) return;
  for (const auto& [key, value] : layer_.attributes.items()) {
    if (understood_.contains(key) || is_off(value) || std::ranges::find(kIgnored, key) != std::end(kIgnored))
      continue;
    refuse(fmt::format("parameter '{}' = {}", key,
                       value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
  }
  const auto top = state_.blobs.find(layer_.tops[0]);
  const EspressoShape* declared = declared_top();
  if (!declared || top == state_.blobs.end() || builder().shape(top->second) == espresso_sizes(*declared))
    return;
  damaged(fmt::format("gives {}, model.espresso.shape says {}", to_string(builder().shape(top->second)),
                      to_string(espresso_sizes(*declared))));
}

void EspressoLayerContext::refuse(std::string what) {
  builder().fail(Error(ErrorCode::kUnsupported, fmt::format("{} layer with {}", layer_.type, what)));
}

void EspressoLayerContext::damaged(std::string what) {
  builder().fail(Error(ErrorCode::kBadModel, std::move(what)));
}

}  // namespace wf
