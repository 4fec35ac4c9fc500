#include "formats/mlpackage/manifest.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "tensor/json_text.h"

namespace wf {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxBytes = size_t{16} << 20;
constexpr int kMaxDepth = 16;

Error bad(std::string message, std::string where = {}) {
  return Error(ErrorCode::kBadModel, std::move(message), std::move(where),
               "the package's manifest is damaged");
}

Result<JsonDocument> parse(const std::string& text) {
  auto json = parse_json(text, kMaxDepth);
  if (!json) return bad(json.error().message);
  if (!(*json)->is_object()) return bad("expected a JSON object");
  return json;
}

Result<std::string> text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string())
    return bad(fmt::format("'{}' is missing or not a text", key));
  return found->get<std::string>();
}

Result<Manifest> interpret(const Json& json) {
  Manifest manifest;
  WF_TRY(manifest.version, text_of(json, "fileFormatVersion"));
  if (!manifest.version.starts_with("1.")) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("package format {}, this build reads 1.x", manifest.version), {},
                 "a newer Windfall may read the package");
  }
  WF_TRY(const std::string root, text_of(json, "rootModelIdentifier"));
  const auto entries = json.find("itemInfoEntries");
  if (entries == json.end() || !entries->is_object())
    return bad("'itemInfoEntries' is missing or not an object");
  bool found = false;
  for (const auto& [id, entry] : entries->items()) {
    const std::string place = fmt::format("item '{}'", id);
    if (!entry.is_object()) return bad("not an object", place);
    auto path = text_of(entry, "path");
    if (!path) return std::move(path).error().at(place);
    ManifestItem item{id, text_of(entry, "name").ok() ? *text_of(entry, "name") : "", *std::move(path)};
    if (id == root) {
      manifest.model = std::move(item);
      found = true;
    } else {
      manifest.others.push_back(std::move(item));
    }
  }
  if (!found) return bad(fmt::format("rootModelIdentifier '{}' is not among the items", root));
  return manifest;
}

}  // namespace

Result<Manifest> read_manifest(const std::filesystem::path& package) {
  WF_TRY(const auto path, path_below(package, "Manifest.json"));
  WF_TRY(const std::string text, read_text_file(path, kMaxBytes));
  auto json = parse(text);
  auto manifest = json ? interpret(**json) : Result<Manifest>(std::move(json).error());
  if (!manifest) return std::move(manifest).error().in_file(path.string());
  return manifest;
}

}  // namespace wf
