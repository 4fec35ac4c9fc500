#include "formats/linked_model.h"

#include <fmt/format.h>

#include <optional>

#include "base/file.h"
#include "proto/classic.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

// The first place of a search path ("a:b") that has the file. Places of an app's bundles ($BUNDLE_MAIN) and
// places outside of the model's folder are passed over.
std::optional<fs::path> find(const fs::path& folder, std::string_view search_path, const std::string& name) {
  while (true) {
    const size_t end = search_path.find(':');
    const std::string_view place = search_path.substr(0, end);
    const auto candidate = path_below(folder, (fs::path(place) / name).lexically_normal().string());
    std::error_code code;
    if (candidate && !place.starts_with('$') && fs::exists(*candidate, code)) return *candidate;
    if (end == std::string_view::npos) return std::nullopt;
    search_path.remove_prefix(end + 1);
  }
}

}  // namespace

Status follow_link(const Message& linked_model, const fs::path& folder, const ReadOptions& options,
                   ModelFile& file) {
  using Field = proto::LinkedModelFile;
  const Message link = linked_model.message(proto::LinkedModel::kLinkedModelFile);
  const std::string name =
      link.message(Field::kLinkedModelFileName).text(proto::StringParameter::kDefaultValue);
  const std::string search =
      link.message(Field::kLinkedModelSearchPath).text(proto::StringParameter::kDefaultValue);
  const auto path = name.empty() ? std::nullopt : find(folder.empty() ? "." : folder, search, name);
  if (!path) {
    file.refusals.push_back({"linkedModel", fmt::format("the model file '{}' beside the model", name)});
    return {};
  }
  WF_REQUIRE(options.links_left > 0, kBadModel,
             fmt::format("too many models link to one another, '{}' last", name));
  ReadOptions inner = options;
  --inner.links_left;
  WF_TRY(ModelFile part, read_model_file(*path, inner));
  file.refusals = part.refusals;
  file.missing_weights = part.missing_weights;
  file.weight_bytes = part.weight_bytes;
  file.parts.push_back(std::move(part));
  return {};
}

}  // namespace wf
