// Goldens on disk.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "lab/datum_json.h"
#include "lab/golden.h"
#include "tensor/json_text.h"
#include "tensor/npy.h"

namespace wf {
namespace {

constexpr size_t kMostCases = 10000;  // a golden.json that asks for more is not one
constexpr int kDeepestJson = 32;

Error broken(std::string message, std::string where) {
  return Error(ErrorCode::kInvalidArgument, std::move(message), std::move(where),
               "golden.json: {\"cases\": [{\"inputs\": {NAME: {\"file\": ...}}, \"outputs\": {...}}]}");
}

Result<Datum> read_value(const std::filesystem::path& folder, const nlohmann::json& entry,
                         const Feature* feature) {
  if (entry.is_object() && entry.contains("file") && entry["file"].is_string()) {
    WF_TRY(std::filesystem::path path, path_below(folder, entry["file"].get<std::string>()));
    WF_TRY(Tensor tensor, read_npy(path));
    return Datum(std::move(tensor));
  }
  if (!entry.is_object() || !entry.contains("value"))
    return broken("expected {\"file\": ...} or {\"value\": ...}", "");
  if (!feature) return broken("the model has no such feature, so its value needs a file", "");
  return datum_from_json(entry["value"], *feature);
}

const Feature* find_feature_by_name(const std::vector<Feature>& features, const std::string& name) {
  const auto found =
      std::find_if(features.begin(), features.end(), [&](const Feature& f) { return f.name == name; });
  return found == features.end() ? nullptr : &*found;
}

Result<Features> read_values(const std::filesystem::path& folder, const nlohmann::json& values,
                             const std::vector<Feature>& known) {
  if (!values.is_object()) return broken("inputs and outputs are objects", "");
  Features features;
  for (const auto& [name, entry] : values.items()) {
    auto value = read_value(folder, entry, find_feature_by_name(known, name));
    if (!value) return std::move(value).error().at(name);
    features.emplace_back(name, *std::move(value));
  }
  return features;
}

Result<GoldenCase> read_case(const std::filesystem::path& folder, nlohmann::json json,
                             const Interface& interface) {
  if (!json.is_object() || !json.contains("inputs") || !json.contains("outputs")) {
    return broken("a case has inputs and outputs", "");
  }
  GoldenCase read;
  if (json.contains("description") && json["description"].is_string()) read.description = json["description"];
  nlohmann::json& outputs = json["outputs"];
  if (outputs.is_object() && outputs.contains("argmax") && !interface.find_output("argmax")) {
    const nlohmann::json& argmax = outputs["argmax"];
    if (!argmax.is_object() || !argmax.contains("value") || !argmax["value"].is_number_integer()) {
      return broken("argmax is {\"value\": INDEX}", "argmax");
    }
    read.winning_class = argmax["value"].get<int64_t>();
    outputs.erase("argmax");
  }
  WF_TRY(read.inputs, read_values(folder, json["inputs"], interface.inputs));
  WF_TRY(read.outputs, read_values(folder, outputs, interface.outputs));
  return read;
}

// A feature's name as part of a file name; `index` keeps two names apart that differ only in what is
// replaced.
std::string file_stem(const std::string& name, size_t index) {
  std::string stem = name;
  bool changed = name.empty();
  for (char& c : stem) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.') continue;
    c = '_';
    changed = true;
  }
  return changed ? fmt::format("{}.{}", stem, index) : stem;
}

Result<Json> write_values(const std::filesystem::path& folder, const std::string& prefix,
                          const Features& features) {
  Json written = Json::object();
  for (size_t i = 0; i < features.size(); ++i) {
    const auto& [name, value] = features[i];
    const Tensor* tensor = value.tensor();
    if (!tensor || tensor->rank() == 0) {
      written[name] = {{"value", json_of(value)}};
      continue;
    }
    const std::string file = fmt::format("{}.{}.npy", prefix, file_stem(name, i));
    WF_CHECK(write_npy(folder / file, *tensor));
    written[name] = {
        {"file", file}, {"dtype", std::string(name_of(tensor->dtype()))}, {"shape", tensor->shape()}};
  }
  return written;
}

}  // namespace

Result<Golden> read_golden(const std::filesystem::path& folder, const Interface& interface) {
  const std::filesystem::path path = folder / "golden.json";
  WF_TRY(std::string text, read_text_file(path));
  auto parsed = parse_json(text, kDeepestJson);
  if (!parsed) return std::move(parsed).error().in_file(path.string());
  const nlohmann::json& json = **parsed;
  if (!json.is_object() || !json.contains("cases") || !json["cases"].is_array()) {
    return broken("not a golden.json", "").in_file(path.string());
  }
  if (json["cases"].size() > kMostCases) return broken("too many cases", "").in_file(path.string());
  Golden golden;
  if (json.contains("oracle") && json["oracle"].is_string()) golden.oracle = json["oracle"];
  for (size_t i = 0; i < json["cases"].size(); ++i) {
    auto read = read_case(folder, json["cases"][i], interface);
    if (!read) return std::move(read).error().at(fmt::format("case {}", i)).in_file(path.string());
    golden.cases.push_back(*std::move(read));
  }
  return golden;
}

Status write_golden(const std::filesystem::path& folder, const Golden& golden) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) return Error(ErrorCode::kEnvironment, code.message()).in_file(folder.string());
  Json cases = Json::array();
  for (size_t i = 0; i < golden.cases.size(); ++i) {
    const GoldenCase& one = golden.cases[i];
    WF_TRY(Json inputs, write_values(folder, fmt::format("case{}.in", i), one.inputs));
    WF_TRY(Json outputs, write_values(folder, fmt::format("case{}.out", i), one.outputs));
    cases.push_back({{"description", one.description}, {"inputs", inputs}, {"outputs", outputs}});
  }
  const Json document = {{"oracle", golden.oracle}, {"cases", cases}};
  return write_file(folder / "golden.json", document.dump(1) + "\n");
}

}  // namespace wf
