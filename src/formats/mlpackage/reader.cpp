// Reads .mlpackage: a folder whose Manifest.json says which file is the model and which hold its weights.
#include <fmt/format.h>

#include "formats/format_reader.h"
#include "formats/mlmodel/model_message.h"
#include "formats/mlpackage/manifest.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

bool recognises(const fs::path& path) {
  std::error_code code;
  return fs::is_directory(path, code) &&
         (path.extension() == ".mlpackage" || fs::is_regular_file(path / "Manifest.json", code));
}

Result<ModelFile> read(const fs::path& path, const ReadOptions& options) {
  std::error_code code;
  const fs::path package = fs::canonical(path, code);
  if (code) return Error(ErrorCode::kNotFound, "cannot resolve: " + code.message());
  WF_TRY(const Manifest manifest, read_manifest(package));
  WF_TRY(const fs::path model_path, path_below(package, "Data/" + manifest.model.path));
  WF_TRY(const auto file, MappedFile::open(model_path));

  ModelSource source{path, ".mlpackage", {package, {model_path.parent_path()}}};
  std::vector<std::string> notes;
  for (const ManifestItem& item : manifest.others) {
    WF_TRY(const fs::path place, path_below(package, "Data/" + item.path));
    if (!fs::exists(place, code))
      notes.push_back(fmt::format("item '{}' of the manifest is not there", item.path));
    // Weights usually lie in a folder beside the model; where the manifest puts them elsewhere, it is
    // believed.
    source.weights.model_folders.push_back(place.parent_path());
  }
  auto model = read_model_message(file, source, options);
  if (!model) return std::move(model).error().in_file(model_path.string());
  model->notes.insert(model->notes.end(), notes.begin(), notes.end());
  return model;
}

}  // namespace

extern const FormatReader reader_mlpackage;
constinit const FormatReader reader_mlpackage{
    .name = ".mlpackage",
    .doc = "a folder with a manifest, the model message and weight files",
    .recognises = recognises,
    .read = read};

}  // namespace wf
