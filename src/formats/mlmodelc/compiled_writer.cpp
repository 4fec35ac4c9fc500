#include "formats/mlmodelc/compiled_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/endian.h"
#include "formats/mlmodel/description_writer.h"
#include "formats/mlmodel/model_writer.h"
#include "proto/model.h"

namespace wf {
namespace {

using Json = nlohmann::ordered_json;

// What every compiled ML program seen has, whatever its specification version.
constexpr uint32_t kLayout = 5;

const char* flag(bool value) { return value ? "1" : "0"; }

std::string sizes_text(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

std::string shapes_text(const std::vector<Shape>& shapes) {
  std::vector<std::string> texts;
  for (const Shape& shape : shapes) texts.push_back(sizes_text(shape));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

const char* array_type_name(DType dtype) {
  switch (dtype) {
    case DType::kFloat64:
      return "Double";
    case DType::kFloat16:
      return "Float16";
    case DType::kInt32:
      return "Int32";
    case DType::kInt8:
      return "Int8";
    default:
      return "Float32";
  }
}

void add_array(const ArrayFeature& array, Json& json) {
  json["dataType"] = array_type_name(array.dtype);
  json["shape"] = sizes_text(array.shape);
  json["hasShapeFlexibility"] = flag(!array.enumerated.empty() || !array.ranges.empty());
  if (!array.enumerated.empty()) json["enumeratedShapes"] = shapes_text(array.enumerated);
  if (!array.ranges.empty()) {
    std::vector<Shape> ranges;
    for (const SizeRange& range : array.ranges) ranges.push_back({range.lower, range.upper});
    json["shapeRange"] = shapes_text(ranges);
  }
}

void add_image(const ImageFeature& image, Json& json) {
  json["width"] = std::to_string(image.width);
  json["height"] = std::to_string(image.height);
  json["hasSizeFlexibility"] =
      flag(!image.enumerated.empty() || image.width_range.has_value() || image.height_range.has_value());
  json["isColor"] = flag(channels(image.layout) == 3);
  const bool is_grey = channels(image.layout) == 1;
  json["colorspace"] = is_grey ? "Grayscale" : image.layout == ColorLayout::kBgr ? "BGR" : "RGB";
}

// "1 x 3" of our own text, as Apple writes it.
std::string formatted_type(const Feature& feature) {
  std::string text = to_string(feature);
  for (size_t at = text.find(" x "); at != std::string::npos; at = text.find(" x ", at)) {
    text.replace(at, 3, " \xc3\x97 ");
  }
  return text;
}

Json feature_json(const Feature& feature) {
  Json json = {{"name", feature.name},
               {"shortDescription", feature.doc},
               {"isOptional", flag(feature.optional)},
               {"formattedType", formatted_type(feature)}};
  if (const ArrayFeature* array = feature.array()) {
    json["type"] = "MultiArray";
    add_array(*array, json);
  } else if (const ImageFeature* image = feature.image()) {
    json["type"] = "Image";
    add_image(*image, json);
  } else if (const auto* state = std::get_if<StateFeature>(&feature.type)) {
    json["type"] = "State";
    add_array(state->array, json);
  } else if (const auto* dict = std::get_if<DictFeature>(&feature.type)) {
    json["type"] = "Dictionary";
    json["keyType"] = dict->key == KeyKind::kInt64 ? "Int64" : "String";
  } else if (std::holds_alternative<Int64Feature>(feature.type)) {
    json["type"] = "Int64";
  } else if (std::holds_alternative<DoubleFeature>(feature.type)) {
    json["type"] = "Double";
  } else if (std::holds_alternative<StringFeature>(feature.type)) {
    json["type"] = "String";
  }
  return json;
}

Json features_json(const std::vector<Feature>& features) {
  Json list = Json::array();
  for (const Feature& feature : features) list.push_back(feature_json(feature));
  return list;
}

Json histogram_json(const Program& program) {
  std::map<std::string, int64_t> counts;
  for (const Function& function : program.functions) {
    for_each_op(function.body, [&](const Op& op, int) {
      if (op.type != "const") ++counts[op.type];
    });
  }
  return counts;
}

}  // namespace

std::string write_compiled_data(const ModelFile& file) {
  constexpr uint32_t kType = proto::Model::kMlProgram;
  constexpr std::string_view kKind = "generic";
  WireWriter description;
  write_description(file.description, description);
  std::string out;
  append_little(out, kType);
  append_little(out, kLayout);
  out.append(20, '\0');
  append_little(out, uint64_t{kKind.size()});
  out += kKind;
  append_little(out, static_cast<uint32_t>(specification_version_to_write(file)));
  out.append(28, '\0');
  append_little(out, static_cast<uint64_t>(description.size()));
  out += description.text();
  for (size_t i = 0; i < file.program->functions.size(); ++i) {
    append_little(out, kType);
    out.append(12, '\0');
  }
  return out;
}

std::string write_metadata_json(const ModelFile& file, std::string_view name) {
  const Metadata& metadata = file.description.metadata;
  const Interface* interface = file.description.find("");
  Json json = {{"metadataOutputVersion", "3.0"}};
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  add("shortDescription", metadata.short_description);
  add("author", metadata.author);
  add("license", metadata.license);
  add("version", metadata.version);
  json["specificationVersion"] = specification_version_to_write(file);
  json["modelType"] = {{"name", "MLModelType_mlProgram"}};
  json["isUpdatable"] = flag(file.updatable);
  json["modelParameters"] = Json::array();
  json["mlProgramOperationTypeHistogram"] = histogram_json(*file.program);
  json["inputSchema"] = features_json(interface ? interface->inputs : std::vector<Feature>());
  json["outputSchema"] = features_json(interface ? interface->outputs : std::vector<Feature>());
  json["stateSchema"] = features_json(interface ? interface->states : std::vector<Feature>());
  Json user = Json::object();
  for (const auto& [key, value] : metadata.user_defined) user[key] = value;
  json["userDefinedMetadata"] = user;
  json["generatedClassName"] = name;
  json["method"] = "predict";
  return Json::array({json}).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace wf
