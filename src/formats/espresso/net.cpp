#include "formats/espresso/net.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf {
namespace {

using Json = nlohmann::json;

constexpr double kFormatVersion = 200;  // the only one seen
constexpr int64_t kMaxSize = int64_t{1} << 31;

Error bad(std::string message, std::string where = {}) {
  return Error(ErrorCode::kBadModel, std::move(message), std::move(where));
}

Result<Json> parse_object(std::string_view text, std::string_view what) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) return bad(fmt::format("{} is no JSON object", what));
  return json;
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

double number_of(const Json& object, const char* key, double fallback) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : fallback;
}

// "a,b,c"
std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> names;
  for (size_t start = 0; start < list.size();) {
    const size_t end = std::min(list.find(',', start), list.size());
    if (end > start) names.push_back(list.substr(start, end - start));
    start = end + 1;
  }
  return names;
}

Result<EspressoLayer> parse_layer(const Json& json, size_t index) {
  if (!json.is_object()) return bad("expected an object", fmt::format("layer {}", index));
  EspressoLayer layer;
  layer.name = text_of(json, "name");
  layer.type = text_of(json, "type");
  layer.bottoms = split(text_of(json, "bottom"));
  layer.tops = split(text_of(json, "top"));
  if (layer.type.empty())
    return bad("a layer without a type", fmt::format("layer {} '{}'", index, layer.name));
  if (layer.tops.empty())
    return bad("a layer without a top", fmt::format("layer {} '{}'", index, layer.name));
  layer.attributes = json;
  return layer;
}

Result<EspressoShape> parse_shape(const Json& json) {
  EspressoShape shape;
  const std::pair<const char*, int64_t*> sizes[] = {
      {"seq", &shape.seq}, {"n", &shape.n}, {"k", &shape.k}, {"h", &shape.h}, {"w", &shape.w}};
  for (const auto& [key, size] : sizes) {
    const auto found = json.find(key);
    if (found == json.end()) continue;
    if (!found->is_number_integer()) return bad(fmt::format("size {} is no integer", key));
    *size = found->get<int64_t>();
    if (*size < 1 || *size >= kMaxSize) return bad(fmt::format("size {} is {}", key, *size));
  }
  return shape;
}

Status parse_transforms(const Json& net, EspressoNet& out) {
  const auto transforms = net.find("transform_params");
  if (transforms == net.end()) return {};
  if (!transforms->is_object()) return bad("transform_params is no object");
  for (const auto& [name, json] : transforms->items()) {
    if (!json.is_object()) return bad("expected an object", fmt::format("transform_params '{}'", name));
    EspressoTransform transform;
    transform.scale = number_of(json, "scale", 1);
    transform.red = number_of(json, "bias_r", 0);
    transform.green = number_of(json, "bias_g", 0);
    transform.blue = number_of(json, "bias_b", 0);
    transform.center_mean = number_of(json, "center_mean", 0);
    transform.bgr = number_of(json, "is_network_bgr", 0) != 0;
    out.transforms.emplace(name, transform);
  }
  return {};
}

Status parse_shapes(std::string_view text, EspressoNet& out) {
  WF_TRY(const Json json, parse_object(text, "model.espresso.shape"));
  const auto shapes = json.find("layer_shapes");
  if (shapes == json.end() || !shapes->is_object()) return bad("model.espresso.shape has no layer_shapes");
  for (const auto& [name, sizes] : shapes->items()) {
    auto shape = sizes.is_object() ? parse_shape(sizes) : Result<EspressoShape>(bad("expected an object"));
    if (!shape) return std::move(shape).error().at(fmt::format("model.espresso.shape: blob '{}'", name));
    out.shapes.emplace(name, *shape);
  }
  return {};
}

}  // namespace

bool is_compressed_espresso(std::string_view text) { return text.starts_with("pbze"); }

Result<EspressoNet> parse_espresso_net(std::string_view net, std::string_view shapes) {
  WF_TRY(const Json json, parse_object(net, "model.espresso.net"));
  EspressoNet out;
  const double version = number_of(json, "format_version", 0);
  if (version != kFormatVersion) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("espresso format version {}, this build reads {}", version, kFormatVersion));
  }
  out.storage = text_of(json, "storage");
  if (out.storage.empty()) return bad("model.espresso.net names no storage");
  const auto layers = json.find("layers");
  if (layers == json.end() || !layers->is_array()) return bad("model.espresso.net has no layers");
  for (size_t i = 0; i < layers->size(); ++i) {
    WF_TRY(EspressoLayer layer, parse_layer((*layers)[i], i));
    out.layers.push_back(std::move(layer));
  }
  WF_CHECK(parse_transforms(json, out));
  WF_CHECK(parse_shapes(shapes, out));
  return out;
}

}  // namespace wf
