#include "lab/datum_json.h"

#include <fmt/format.h>

#include <cmath>

#include "tensor/tensor_json.h"

namespace wf {
namespace {

std::string key_text(const Datum& key) {
  const Tensor* tensor = key.tensor();
  if (!tensor || tensor->size() != 1) return "?";
  return tensor->dtype() == DType::kString ? tensor->strings()[0] : fmt::to_string(read_int(*tensor, 0));
}

Error mismatch(const Feature& feature, const nlohmann::json& json) {
  std::string found = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (found.size() > 40) found = found.substr(0, 37) + "...";
  return Error(ErrorCode::kInvalidArgument, fmt::format("takes {}, found {}", to_string(feature), found),
               feature.name);
}

Result<Datum> array_from_json(const nlohmann::json& json, const ArrayFeature& array, const Feature& feature) {
  auto tensor = tensor_from_json(json);
  if (!tensor) return std::move(tensor).error().at(feature.name);
  if (tensor->dtype() == DType::kString) return mismatch(feature, json);
  // A flat list of as many values as the feature has is the feature's shape, row by row.
  const auto declared = element_count(array.shape);
  if (tensor->rank() == 1 && declared && *declared == tensor->size()) {
    WF_TRY(Tensor shaped, tensor->reshaped(array.shape));
    return Datum(std::move(shaped));
  }
  return Datum(*std::move(tensor));
}

Result<Datum> scalar_from_json(const nlohmann::json& json, DType dtype, const Feature& feature) {
  auto tensor = tensor_from_json(json);
  if (!tensor || tensor->rank() != 0 || tensor->dtype() == DType::kString) return mismatch(feature, json);
  if (dtype == DType::kInt64 && tensor->dtype() != DType::kInt64) return mismatch(feature, json);
  WF_TRY(Tensor scalar, converted(*tensor, dtype));
  return Datum(std::move(scalar));
}

Result<Datum> element_from_json(const nlohmann::json& json, KeyKind kind, const Feature& feature) {
  if (kind == KeyKind::kInt64) return scalar_from_json(json, DType::kInt64, feature);
  if (!json.is_string()) return mismatch(feature, json);
  return string_scalar(json.get<std::string>());
}

Result<Datum> dict_from_json(const nlohmann::json& json, KeyKind kind, const Feature& feature) {
  if (!json.is_object()) return mismatch(feature, json);
  Dict dict;
  for (const auto& [text, value] : json.items()) {
    // JSON's keys are texts: those of an integer dictionary are read as numbers.
    const nlohmann::json key =
        kind == KeyKind::kString ? nlohmann::json(text) : nlohmann::json::parse(text, nullptr, false);
    WF_TRY(Datum key_datum, element_from_json(key, kind, feature));
    WF_TRY(Datum value_datum, scalar_from_json(value, DType::kFloat64, feature));
    dict.items.emplace_back(std::move(key_datum), std::move(value_datum));
  }
  return Datum(std::move(dict));
}

Result<Datum> list_from_json(const nlohmann::json& json, KeyKind kind, const Feature& feature) {
  if (!json.is_array()) return mismatch(feature, json);
  List list;
  for (const nlohmann::json& item : json) {
    WF_TRY(Datum datum, element_from_json(item, kind, feature));
    list.items.push_back(std::move(datum));
  }
  return Datum(std::move(list));
}

}  // namespace

Json json_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

Json json_of(const Datum& datum) {
  if (const Tensor* tensor = datum.tensor()) return Json(tensor_to_json(*tensor));
  if (datum.state()) return Json(tensor_to_json(datum.state()->tensor));
  if (const Dict* dict = datum.dict()) {
    Json json = Json::object();
    for (const auto& [key, value] : dict->items) json[key_text(key)] = json_of(value);
    return json;
  }
  if (!datum.list() && !datum.tuple()) return nullptr;
  Json json = Json::array();
  for (const Datum& item : datum.list() ? datum.list()->items : datum.tuple()->items)
    json.push_back(json_of(item));
  return json;
}

Result<Datum> datum_from_json(const nlohmann::json& json, const Feature& feature) {
  if (const ArrayFeature* array = feature.array()) return array_from_json(json, *array, feature);
  if (std::holds_alternative<Int64Feature>(feature.type))
    return scalar_from_json(json, DType::kInt64, feature);
  if (std::holds_alternative<DoubleFeature>(feature.type))
    return scalar_from_json(json, DType::kFloat64, feature);
  if (std::holds_alternative<StringFeature>(feature.type))
    return element_from_json(json, KeyKind::kString, feature);
  if (const auto* dict = std::get_if<DictFeature>(&feature.type))
    return dict_from_json(json, dict->key, feature);
  if (const auto* list = std::get_if<SequenceFeature>(&feature.type))
    return list_from_json(json, list->element, feature);
  return mismatch(feature, json);
}

}  // namespace wf
