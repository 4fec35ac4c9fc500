// Writes .mlmodelc. An ML program as Apple's compiler leaves it (model.mil, weights, coremldata.bin,
// metadata.json); every other type, whose compiled layouts are not public, as its message with the files
// beside it.
#include <fmt/format.h>

#include <algorithm>

#include "base/folder.h"
#include "formats/milblob/weight_file.h"
#include "formats/mlmodel/model_writer.h"
#include "formats/mlmodelc/compiled_writer.h"
#include "formats/mlpackage/manifest.h"
#include "formats/save.h"
#include "program/text.h"
#include "program/walk.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMessageName = "model.mlmodel";

Error cannot(std::string_view what, const fs::path& path, const std::error_code& code) {
  return Error(ErrorCode::kEnvironment, fmt::format("cannot {}: {}", what, code.message()))
      .in_file(path.string());
}

// A file or a whole folder. Links are followed: a compiled model stands alone.
Status copy_one_file(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::create_directories(to.parent_path(), code);
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, code);
  if (code) return cannot(fmt::format("copy to '{}'", to.string()), from, code);
  return {};
}

Status copy_tree(const fs::path& from, const fs::path& to) {
  std::error_code code;
  if (!fs::is_directory(from, code)) return copy_one_file(from, to);
  WF_TRY(const std::vector<FolderEntry> entries, list_tree(from));
  for (const FolderEntry& entry : entries) {
    if (!entry.is_folder) WF_CHECK(copy_one_file(from / entry.name, to / entry.name));
  }
  return {};
}

Status write_program(const ModelFile& file, const fs::path& folder) {
  WF_TRY(const BlobRefs refs, write_weight_file(file, folder / "weights", SaveOptions().blob_threshold));
  Program program = *file.program;  // constants share their bytes
  for (size_t i = 0; i < program.functions.size(); ++i) {
    std::vector<const Constant*> originals;
    for_each_op(file.program->functions[i].body, [&](const Op& op, int) {
      for_each_own_constant(op, [&](const Constant& constant) { originals.push_back(&constant); });
    });
    size_t next = 0;
    for_each_op(program.functions[i].body, [&](const Op& op, int) {
      for_each_own_constant(const_cast<Op&>(op), [&](Constant& constant) {
        const auto ref = refs.find(originals[next++]);
        constant.blob = ref == refs.end() ? std::nullopt : std::optional(ref->second);
      });
    });
  }
  WF_CHECK(write_file(folder / "model.mil", print_text(program)));
  WF_CHECK(write_file(folder / "coremldata.bin", write_compiled_data(file)));
  return write_file(folder / "metadata.json", write_metadata_json(file, file.path.stem().string()));
}

// The message, and from a package the folders of weights that belong to it.
Status copy_package(const fs::path& package, const fs::path& folder) {
  WF_TRY(const Manifest manifest, read_manifest(package));
  WF_TRY(const fs::path model, path_below(package, "Data/" + manifest.model.path));
  WF_CHECK(copy_tree(model, folder / kMessageName));
  for (const ManifestItem& item : manifest.others) {
    WF_TRY(const fs::path place, path_below(package, "Data/" + item.path));
    std::error_code code;
    if (fs::exists(place, code)) WF_CHECK(copy_tree(place, folder / place.filename()));
  }
  return {};
}

Status copy_compiled(const fs::path& bundle, const fs::path& folder) {
  WF_TRY(const std::vector<FolderEntry> entries, list_folder(bundle));
  for (const FolderEntry& entry : entries) {
    if (entry.name == kWindfallFolder) continue;  // made anew
    WF_CHECK(copy_tree(bundle / entry.name, folder / entry.name));
  }
  return {};
}

bool leads_elsewhere(const ModelFile& file) {
  return file.type == "linkedModel" || std::ranges::any_of(file.parts, leads_elsewhere);
}

}  // namespace

Status write_mlmodelc(const ModelFile& file, const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) return cannot("make the folder", folder, code);
  if (leads_elsewhere(file)) {
    return Error(ErrorCode::kUnsupported, "a linked model names a file outside of it", {},
                 "compile the model it names");
  }
  if (file.container == ".mlmodelc") return copy_compiled(file.path, folder);
  if (file.type == "mlProgram" && file.program) {
    WF_CHECK(check_writable(file));
    return write_program(file, folder);
  }
  if (file.container == ".mlpackage") return copy_package(fs::canonical(file.path), folder);
  if (file.container == ".mlmodel") return copy_tree(file.path, folder / kMessageName);
  return Error(ErrorCode::kUnsupported,
               fmt::format("a {} in a {} cannot be compiled", file.type, file.container));
}

}  // namespace wf
