#include "formats/mlmodelc/metadata_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "tensor/json_text.h"

namespace wf {
namespace {

using Json = nlohmann::json;
constexpr int kMaxDepth = 64;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const Json* array_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? &*found : nullptr;
}

// Lists are written as strings: "[1, 3, 224, 224]", "[[1, 4], [1, -1]]".
Result<JsonDocument> list_in(const Json& object, const char* key) {
  return parse_json(text_of(object, key), kMaxDepth);
}

Shape sizes_of(const Json& list) {
  Shape sizes;
  if (!list.is_array()) return sizes;
  for (const Json& item : list) {
    if (item.is_number_integer()) sizes.push_back(item.get<int64_t>());
  }
  return sizes;
}

DType array_dtype(const std::string& name) {
  if (name == "Double") return DType::kFloat64;
  if (name == "Float16") return DType::kFloat16;
  if (name == "Int32") return DType::kInt32;
  if (name == "Int8") return DType::kInt8;
  return DType::kFloat32;
}

ArrayFeature array_feature(const Json& json) {
  ArrayFeature array;
  array.dtype = array_dtype(text_of(json, "dataType"));
  if (const auto shape = list_in(json, "shape")) array.shape = sizes_of(**shape);
  if (const auto shapes = list_in(json, "enumeratedShapes"); shapes && (*shapes)->is_array()) {
    for (const Json& shape : **shapes) array.enumerated.push_back(sizes_of(shape));
  }
  if (const auto ranges = list_in(json, "shapeRange"); ranges && (*ranges)->is_array()) {
    for (const Json& range : **ranges) {
      const Shape bounds = sizes_of(range);
      if (bounds.size() == 2) array.ranges.push_back({bounds[0], bounds[1]});
    }
  }
  return array;
}

int64_t integer_in(const Json& json, const char* key) {
  const std::string text = text_of(json, key);
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

ImageFeature image_feature(const Json& json) {
  ImageFeature image;
  image.width = integer_in(json, "width");
  image.height = integer_in(json, "height");
  const std::string space = text_of(json, "colorspace");
  if (space == "BGR") image.layout = ColorLayout::kBgr;
  if (text_of(json, "isColor") == "0" || space.starts_with("Gray")) image.layout = ColorLayout::kGrayscale;
  return image;
}

Feature feature_of(const Json& json) {
  Feature feature;
  feature.name = text_of(json, "name");
  feature.doc = text_of(json, "shortDescription");
  feature.optional = text_of(json, "isOptional") == "1";
  const std::string type = text_of(json, "type");
  const KeyKind key = text_of(json, "keyType").starts_with("Int") ? KeyKind::kInt64 : KeyKind::kString;
  if (type == "MultiArray") feature.type = array_feature(json);
  if (type == "Image") feature.type = image_feature(json);
  if (type == "Dictionary") feature.type = DictFeature{key};
  if (type == "Int64") feature.type = Int64Feature{};
  if (type == "Double") feature.type = DoubleFeature{};
  if (type == "String") feature.type = StringFeature{};
  if (type == "State") feature.type = StateFeature{array_feature(json)};
  return feature;
}

void read_features(const Json& model, const char* key, std::vector<Feature>& features) {
  const Json* list = array_of(model, key);
  if (!list) return;
  for (const Json& json : *list) {
    if (json.is_object()) features.push_back(feature_of(json));
  }
}

}  // namespace

Status read_metadata_json(std::string_view text, ModelFile& file) {
  const auto document = parse_json(text, kMaxDepth);
  if (!document) return Error(ErrorCode::kBadModel, "metadata.json: " + document.error().message);
  const Json& json = **document;
  if (!json.is_array() || json.empty() || !json[0].is_object()) {
    return Error(ErrorCode::kBadModel, "metadata.json is no list with one object");
  }
  const Json& model = json[0];
  Interface& interface = file.description.interface;
  read_features(model, "inputSchema", interface.inputs);
  read_features(model, "outputSchema", interface.outputs);
  read_features(model, "stateSchema", interface.states);
  if (const auto version = model.find("specificationVersion");
      version != model.end() && version->is_number_integer()) {
    file.specification_version = version->get<int64_t>();
  }
  Metadata& metadata = file.description.metadata;
  metadata.short_description = text_of(model, "shortDescription");
  metadata.author = text_of(model, "author");
  metadata.license = text_of(model, "license");
  metadata.version = text_of(model, "version");
  if (const auto more = model.find("userDefinedMetadata"); more != model.end() && more->is_object()) {
    for (const auto& [name, value] : more->items()) {
      if (value.is_string()) metadata.user_defined.emplace_back(name, value.get<std::string>());
    }
  }
  return {};
}

}  // namespace wf
