#include "formats/mlmodelc/compiled_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "base/endian.h"
#include "base/json_writer.h"
#include "formats/mlmodel/description_writer.h"
#include "formats/mlmodel/model_writer.h"
#include "proto/model.h"

namespace wf {
namespace {

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

void add_array(const ArrayFeature& array, JsonWriter& json) {
  json.key("dataType").text(array_type_name(array.dtype)).key("shape").text(sizes_text(array.shape));
  json.key("hasShapeFlexibility").text(flag(!array.enumerated.empty() || !array.ranges.empty()));
  if (!array.enumerated.empty()) json.key("enumeratedShapes").text(shapes_text(array.enumerated));
  if (!array.ranges.empty()) {
    std::vector<Shape> ranges;
    for (const SizeRange& range : array.ranges) ranges.push_back({range.lower, range.upper});
    json.key("shapeRange").text(shapes_text(ranges));
  }
}

void add_image(const ImageFeature& image, JsonWriter& json) {
  const bool is_flexible =
      !image.enumerated.empty() || image.width_range.has_value() || image.height_range.has_value();
  const bool is_grey = channels(image.layout) == 1;
  const char* const colors = is_grey ? "Grayscale" : image.layout == ColorLayout::kBgr ? "BGR" : "RGB";
  json.key("width").text(std::to_string(image.width)).key("height").text(std::to_string(image.height));
  json.key("hasSizeFlexibility").text(flag(is_flexible));
  json.key("isColor").text(flag(channels(image.layout) == 3)).key("colorspace").text(colors);
}

// "1 x 3" of our own text, as Apple writes it.
std::string formatted_type(const Feature& feature) {
  std::string text = to_string(feature);
  for (size_t at = text.find(" x "); at != std::string::npos; at = text.find(" x ", at)) {
    text.replace(at, 3, " \xc3\x97 ");
  }
  return text;
}

const char* type_name(const Feature& feature) {
  if (feature.array()) return "MultiArray";
  if (feature.image()) return "Image";
  if (std::holds_alternative<StateFeature>(feature.type)) return "State";
  if (std::holds_alternative<DictFeature>(feature.type)) return "Dictionary";
  if (std::holds_alternative<Int64Feature>(feature.type)) return "Int64";
  if (std::holds_alternative<DoubleFeature>(feature.type)) return "Double";
  if (std::holds_alternative<StringFeature>(feature.type)) return "String";
  return nullptr;
}

void add_feature(const Feature& feature, JsonWriter& json) {
  json.begin_object().key("name").text(feature.name).key("shortDescription").text(feature.doc);
  json.key("isOptional").text(flag(feature.optional)).key("formattedType").text(formatted_type(feature));
  if (const char* type = type_name(feature)) json.key("type").text(type);
  if (const ArrayFeature* array = feature.array()) {
    add_array(*array, json);
  } else if (const ImageFeature* image = feature.image()) {
    add_image(*image, json);
  } else if (const auto* state = std::get_if<StateFeature>(&feature.type)) {
    add_array(state->array, json);
  } else if (const auto* dict = std::get_if<DictFeature>(&feature.type)) {
    json.key("keyType").text(dict->key == KeyKind::kInt64 ? "Int64" : "String");
  }
  json.end_object();
}

void add_features(const char* key, const std::vector<Feature>& features, JsonWriter& json) {
  json.key(key).begin_array();
  for (const Feature& feature : features) add_feature(feature, json);
  json.end_array();
}

void add_histogram(const Program& program, JsonWriter& json) {
  std::map<std::string, int64_t> counts;
  for (const Function& function : program.functions) {
    for_each_op(function.body, [&](const Op& op, int) {
      if (op.type != "const") ++counts[op.type];
    });
  }
  json.key("mlProgramOperationTypeHistogram").begin_object();
  for (const auto& [type, count] : counts) json.key(type).whole(count);
  json.end_object();
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
  const Interface none;
  const Interface& described = interface ? *interface : none;
  JsonWriter json(2);
  json.begin_array().begin_object().key("metadataOutputVersion").text("3.0");
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) json.key(key).text(value);
  };
  add("shortDescription", metadata.short_description);
  add("author", metadata.author);
  add("license", metadata.license);
  add("version", metadata.version);
  json.key("specificationVersion").whole(int64_t{specification_version_to_write(file)});
  json.key("modelType").begin_object().key("name").text("MLModelType_mlProgram").end_object();
  json.key("isUpdatable").text(flag(file.updatable)).key("modelParameters").begin_array().end_array();
  add_histogram(*file.program, json);
  add_features("inputSchema", described.inputs, json);
  add_features("outputSchema", described.outputs, json);
  add_features("stateSchema", described.states, json);
  json.key("userDefinedMetadata").begin_object();
  for (const auto& [key, value] : metadata.user_defined) json.key(key).text(value);
  json.end_object().key("generatedClassName").text(name).key("method").text("predict");
  return json.end_object().end_array().take() + "\n";
}

}  // namespace wf
