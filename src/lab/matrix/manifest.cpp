#include "lab/matrix/manifest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/file.h"
#include "lab/compare.h"
#include "lab/datum_json.h"
#include "runtime/telemetry/snapshot.h"

namespace wf {
namespace {

Error wrong(std::string_view where, std::string message) {
  return {ErrorCode::kBadModel, std::move(message), std::string(where)};
}

Status only(const Json& object, std::string_view where, const std::set<std::string_view>& known) {
  if (!object.is_object()) return wrong(where, "expected an object");
  for (const auto& [key, unused] : object.items()) {
    if (!known.contains(key))
      return wrong(where, fmt::format("no key '{}' is known here, only {}", key, fmt::join(known, ", ")));
  }
  return {};
}

Result<std::string> text(const Json& value, std::string_view where) {
  if (!value.is_string()) return wrong(where, "expected a text");
  return value.get<std::string>();
}

template <class T>
Status number(const Json& object, const char* key, T lowest, T& out) {
  if (!object.contains(key)) return {};
  const Json& value = object[key];
  const bool fits = std::is_integral_v<T> ? value.is_number_integer() : value.is_number();
  if (!fits || value.get<double>() < static_cast<double>(lowest) || value.get<double>() > 1e9)
    return wrong(key, fmt::format("expected a number of at least {}", lowest));
  out = value.get<T>();
  return {};
}

Result<std::vector<std::string>> texts(const Json& value, std::string_view where) {
  if (!value.is_array() || value.empty()) return wrong(where, "expected a list of texts");
  std::vector<std::string> out;
  for (const Json& each : value) {
    WF_TRY(std::string one, text(each, where));
    if (std::ranges::find(out, one) != out.end()) return wrong(where, fmt::format("'{}' twice", one));
    out.push_back(std::move(one));
  }
  return out;
}

Result<ComputeUnits> units_of(const std::string& name) {
  for (int units = 0; units < kComputeUnitChoices; ++units) {
    if (compute_units_name(units) == name) return static_cast<ComputeUnits>(units);
  }
  return wrong("compute_units", fmt::format("no '{}': all, cpu_only, cpu_and_gpu, cpu_and_ne", name));
}

// {"x": [1, 3]}
Result<std::map<std::string, Shape>> shapes_of(const Json& value, std::string_view where) {
  if (!value.is_object()) return wrong(where, "expected {\"INPUT\": [SIZES]}");
  std::map<std::string, Shape> out;
  for (const auto& [name, sizes] : value.items()) {
    Shape shape;
    for (const Json& size : sizes.is_array() ? sizes : Json()) {
      if (!size.is_number_integer() || size.get<int64_t>() < 1)
        return wrong(where, "sizes are whole, at least 1");
      shape.push_back(size.get<int64_t>());
    }
    if (shape.empty()) return wrong(where, fmt::format("'{}': expected sizes", name));
    out.emplace(name, std::move(shape));
  }
  return out;
}

std::string shape_name(const std::map<std::string, Shape>& shapes) {
  std::string name;
  for (const auto& [input, shape] : shapes)
    name += fmt::format("{}{}={}", name.empty() ? "" : ",", input, fmt::join(shape, "x"));
  return name.empty() ? "default" : name;
}

struct Choices {
  std::vector<std::string> engines = {"cpu"}, units = {"all"};

  Status read(const Json& object) {
    if (object.contains("engines")) {
      WF_TRY(engines, texts(object["engines"], "engines"));
    }
    if (object.contains("compute_units")) {
      WF_TRY(units, texts(object["compute_units"], "compute_units"));
    }
    return {};
  }
};

Status add_model(const Json& model, Choices choices, const std::filesystem::path& folder,
                 MatrixManifest& manifest) {
  WF_CHECK(only(model, "models",
                {"name", "path", "precisions", "function", "shapes", "schema_sha256", "budget", "seed",
                 "engines", "compute_units"}));
  MatrixCell cell;
  WF_REQUIRE(model.contains("name"), kBadModel, "each model needs a \"name\"", "models");
  WF_TRY(cell.model, text(model["name"], "name"));
  WF_CHECK(choices.read(model));
  for (const auto& [key, into] :
       {std::pair("schema_sha256", &cell.schema_sha256), {"budget", &cell.budget}}) {
    if (!model.contains(key)) continue;
    WF_TRY(*into, text(model[key], key));
  }
  WF_REQUIRE(!cell.budget || find_budget(*cell.budget), kBadModel,
             fmt::format("no budget '{}': fp32, fp16, int8", *cell.budget), cell.model);
  if (model.contains("function")) {
    WF_TRY(cell.function, text(model["function"], "function"));
  }
  int64_t seed = 0;
  WF_CHECK(number<int64_t>(model, "seed", 0, seed));
  cell.seed = static_cast<uint64_t>(seed);

  WF_REQUIRE(model.contains("path") != model.contains("precisions"), kBadModel,
             "expected either \"path\" or \"precisions\": {\"fp16\": \"PATH\", ...}", cell.model);
  Json paths = model.contains("path") ? Json{{"authored", model["path"]}} : model["precisions"];
  WF_REQUIRE(paths.is_object() && !paths.empty(), kBadModel, "expected {\"fp16\": \"PATH\", ...}",
             cell.model);
  const Json shapes = model.value("shapes", Json::array({Json::object()}));
  WF_REQUIRE(shapes.is_array() && !shapes.empty(), kBadModel, "shapes: expected a list", cell.model);
  for (const auto& [precision, path] : paths.items()) {
    WF_TRY(const std::string written, text(path, "path"));
    cell.precision = precision;
    cell.path = folder / written;  // an absolute path stays as it is
    for (const Json& each : shapes) {
      WF_TRY(cell.shapes, shapes_of(each, "shapes"));
      cell.shape = shape_name(cell.shapes);
      for (const std::string& engine : choices.engines) {
        cell.engine = engine;
        for (const std::string& units : choices.units) {
          WF_TRY(cell.compute_units, units_of(units));
          cell.id = fmt::format("{}/{}/{}/{}/{}", cell.model, precision, cell.shape, engine, units);
          WF_REQUIRE(std::ranges::find(manifest.cells, cell.id, &MatrixCell::id) == manifest.cells.end(),
                     kBadModel, fmt::format("'{}' twice", cell.id), "models");
          manifest.cells.push_back(cell);
        }
      }
    }
  }
  return {};
}

Result<MatrixManifest> parse(const std::string& content, const std::filesystem::path& folder) {
  const Json json = Json::parse(content, nullptr, false);
  WF_REQUIRE(!json.is_discarded(), kBadModel, "no JSON document");
  WF_CHECK(only(json, "manifest",
                {"models", "engines", "compute_units", "reference", "runs", "warm_up", "tolerance_percent"}));
  MatrixManifest manifest;
  if (json.contains("reference")) {
    WF_TRY(manifest.reference, text(json["reference"], "reference"));
  }
  WF_CHECK(number<int64_t>(json, "runs", 1, manifest.runs));
  WF_CHECK(number<int64_t>(json, "warm_up", 0, manifest.warm_up));
  WF_CHECK(number<double>(json, "tolerance_percent", 0, manifest.tolerance_percent));
  Choices choices;
  WF_CHECK(choices.read(json));
  WF_REQUIRE(json.contains("models") && json["models"].is_array() && !json["models"].empty(), kBadModel,
             "expected a list of models", "models");
  for (const Json& model : json["models"]) WF_CHECK(add_model(model, choices, folder, manifest));
  return manifest;
}

}  // namespace

Result<MatrixManifest> read_matrix_manifest(const std::filesystem::path& path) {
  WF_TRY(const std::string content, read_text_file(path));
  auto manifest = parse(content, path.parent_path());
  if (!manifest) return std::move(manifest).error().in_file(path.string());
  return manifest;
}

}  // namespace wf
