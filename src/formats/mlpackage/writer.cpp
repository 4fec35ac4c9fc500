// Writes .mlpackage: the model message, one weight file, and the manifest that names them.
#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/folder.h"
#include "base/hash.h"
#include "formats/milblob/weight_file.h"
#include "formats/mlmodel/model_writer.h"
#include "formats/save.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAuthor =
    "com.apple.CoreML";  // also the folder below Data; what Core ML's own tools write

Error cannot(std::string_view what, const fs::path& path, const std::error_code& code) {
  return Error(ErrorCode::kEnvironment, fmt::format("cannot {}: {}", what, code.message()))
      .in_file(path.string());
}

// The same model always gets the same identifiers. Version 8 of RFC 9562: a layout of the writer's own.
std::string uuid_of(Bytes model, std::string_view item) {
  const uint64_t high = fnv1a64(as_bytes(item), fnv1a64(model));
  const uint64_t low = fnv1a64(as_bytes(item), ~high);
  return fmt::format("{:08X}-{:04X}-8{:03X}-{:04X}-{:012X}", high >> 32, high >> 16 & 0xffff, high & 0xfff,
                     0x8000 | (low >> 48 & 0x3fff), low & 0xffffffffffff);
}

std::string manifest_text(Bytes model, bool has_weights) {
  const std::string folder = std::string(kAuthor) + "/";
  const std::string model_id = uuid_of(model, "model");
  nlohmann::json items;
  items[model_id] = {{"author", kAuthor},
                     {"description", "CoreML Model Specification"},
                     {"name", "model.mlmodel"},
                     {"path", folder + "model.mlmodel"}};
  if (has_weights) {
    items[uuid_of(model, "weights")] = {{"author", kAuthor},
                                        {"description", "CoreML Model Weights"},
                                        {"name", "weights"},
                                        {"path", folder + "weights"}};
  }
  const nlohmann::json manifest = {
      {"fileFormatVersion", "1.0.0"}, {"itemInfoEntries", items}, {"rootModelIdentifier", model_id}};
  return manifest.dump(4) + "\n";
}

Status write_package(const ModelFile& file, const fs::path& package, const SaveOptions& options) {
  const fs::path folder = package / "Data" / kAuthor;
  std::error_code code;
  if (!fs::create_directories(folder, code)) return cannot("make the folder", folder, code);
  WF_TRY(const BlobRefs blobs, write_weight_file(file, folder / "weights", options.blob_threshold));
  WF_TRY(const WireWriter message, write_model_message(file, blobs));
  WF_CHECK(write_file(folder / "model.mlmodel", message.bytes()));
  return write_file(package / "Manifest.json", manifest_text(message.bytes(), !blobs.empty()));
}

}  // namespace

Status save_mlpackage(const ModelFile& file, const fs::path& path, const SaveOptions& options) {
  WF_CHECK(check_writable(file));
  const fs::path target = path.has_filename() ? path : path.parent_path();  // "x.mlpackage/"
  WF_REQUIRE(target.extension() == ".mlpackage", kInvalidArgument,
             fmt::format("'{}' does not end in .mlpackage", target.string()));
  std::error_code code;
  if (fs::exists(target, code) && !fs::is_regular_file(target / "Manifest.json", code)) {
    return Error(ErrorCode::kInvalidArgument, "it exists and is not a package, so it is not replaced")
        .in_file(target.string());
  }
  fs::path fresh = target;
  fresh += fmt::format(".{}.partial", ::getpid());
  remove_tree(fresh);
  auto status = write_package(file, fresh, options);
  if (status) status = replace_folder(fresh, target);
  if (!status) remove_tree(fresh);
  return status;
}

}  // namespace wf
