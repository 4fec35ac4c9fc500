#include "runtime/compile.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/folder.h"
#include "base/json_writer.h"
#include "base/sha256.h"
#include "engine/cpu/fingerprint.h"
#include "engine/cpu/pack_function.h"
#include "engine/cpu/packed_file.h"
#include "formats/save.h"
#include "runtime/platform.h"
#include "tensor/json_text.h"

namespace wf {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kManifestFormat = 1;
constexpr const char* kManifest = "manifest.json";
constexpr const char* kPacked = "packed.bin";
constexpr const char* kKernels = "kernels.json";

Error cannot(std::string_view what, const fs::path& path, const std::string& why) {
  return Error(ErrorCode::kEnvironment, fmt::format("cannot {}: {}", what, why)).in_file(path.string());
}

// --- planning, to have its weights

// The shapes a function is planned for without being asked: its own if they are fixed, else the described
// defaults. Nothing if there are none.
std::optional<std::vector<Shape>> default_shapes(const Function& function, const Interface& interface) {
  std::vector<Shape> shapes;
  for (const ValueId id : function.inputs) {
    const Value& input = function.value(id);
    const TensorType* type = input.type.tensor();
    if (!type) {
      shapes.emplace_back();
    } else if (type->is_static()) {
      shapes.push_back(*type->shape);
    } else {
      const Feature* feature = interface.find_input(input.name);
      const ArrayFeature* array = feature ? feature->array() : nullptr;
      if (!array || !type->shape || array->shape.size() != type->shape->size()) return std::nullopt;
      shapes.push_back(array->shape);
    }
  }
  return shapes;
}

Status plan_function(const ModelFile& file, const Function& function, const StoredWeights& weights, Isa isa,
                     JsonWriter& kernels) {
  const Interface* interface = file.description.find(function.name);
  const auto shapes = interface ? default_shapes(function, *interface) : std::nullopt;
  WF_TRY(const std::vector<PlannedStep> planned, pack_function(file.program, function, weights, isa, shapes));
  if (planned.empty()) return {};
  kernels.key(weights.inner(function.name).scope).begin_array();
  for (const PlannedStep& step : planned)
    kernels.begin_object().key("step").text(step.label).key("kernel").text(step.kernel).end_object();
  kernels.end_array();
  return {};
}

Status plan_all(const ModelFile& file, const StoredWeights& weights, Isa isa, JsonWriter& kernels) {
  for (size_t i = 0; i < file.parts.size(); ++i)
    WF_CHECK(plan_all(file.parts[i], weights.inner(std::to_string(i)), isa, kernels));
  if (!file.program) return {};
  for (const Function& function : file.program->functions)
    WF_CHECK(plan_function(file, function, weights, isa, kernels));
  return {};
}

Status pack_weights(const fs::path& folder) {
  WF_CHECK(check_isa_setting());
  const Isa isa = default_isa();
  // Read again: values are numbered as whoever loads the compiled model will number them.
  WF_TRY(const ModelFile file, read_model_file(folder));
  const auto recorder = std::make_shared<PackedRecorder>();
  JsonWriter kernels(1);
  kernels.begin_object();
  WF_CHECK(plan_all(file, {recorder, ""}, isa, kernels));
  kernels.end_object();
  const fs::path own = folder / kWindfallFolder;
  if (!recorder->empty()) WF_CHECK(recorder->write(own / kPacked, isa));
  return write_file(own / kKernels, kernels.take() + "\n");
}

// --- the manifest

Status write_manifest(const fs::path& source, const fs::path& folder, const CompileOptions& options,
                      CompileReport& report) {
  std::string source_sha256 = options.source_sha256;
  if (source_sha256.empty()) {
    WF_TRY(source_sha256, digest_of_model(source));
  }
  JsonWriter manifest(1);
  manifest.begin_object().key("format").whole(int64_t{kManifestFormat});
  manifest.key("runtime_version").text(runtime_version()).key("platform").text(platform_name());
  manifest.key("isa").text(name_of(default_isa())).key("cache_key").text(options.cache_key);
  manifest.key("source").begin_object().key("name").text(source.filename().string());
  manifest.key("sha256").text(source_sha256).end_object().key("files").begin_object();
  WF_TRY(const std::vector<FolderEntry> entries, list_tree(folder));
  const std::string packed = std::string(kWindfallFolder) + "/" + kPacked;
  for (const auto& [name, is_folder, size] : entries) {
    if (is_folder) continue;
    WF_TRY(const std::string digest, sha256_of_file(folder / name));
    manifest.key(name).begin_object().key("bytes").whole(size).key("sha256").text(digest).end_object();
    report.bytes += size;
    if (name == packed) report.packed_bytes = size;
    ++report.files;
  }
  const std::string text = manifest.end_object().end_object().take() + "\n";
  report.bytes += static_cast<int64_t>(text.size());
  ++report.files;
  return write_file(folder / kWindfallFolder / kManifest, text);
}

// --- durability

Status sync_path(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return cannot("open", path, std::strerror(errno));
  // Some file systems refuse to sync a folder; they have nothing to sync then.
  const bool failed = ::fsync(fd) != 0 && errno != EINVAL && errno != EROFS;
  const std::string why = failed ? std::strerror(errno) : "";
  ::close(fd);
  return failed ? Status(cannot("bring to disk", path, why)) : Status();
}

// A folder after what is in it.
Status sync_tree(const fs::path& folder) {
  WF_TRY(const std::vector<FolderEntry> entries, list_tree(folder));
  for (auto each = entries.rbegin(); each != entries.rend(); ++each)
    WF_CHECK(sync_path(folder / each->name, each->is_folder ? O_RDONLY | O_DIRECTORY : O_RDONLY));
  return sync_path(folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace

Result<std::string> digest_of_model(const fs::path& path) {
  std::error_code code;
  const fs::path place = fs::canonical(path, code);
  if (code) return Error(ErrorCode::kNotFound, code.message()).in_file(path.string());
  if (!fs::is_directory(place, code)) return sha256_of_file(place);
  WF_TRY(const std::vector<FolderEntry> entries, list_tree(place));
  Sha256 sha;
  for (const FolderEntry& entry : entries) {
    if (entry.is_folder) continue;
    WF_TRY(const std::string digest, sha256_of_file(place / entry.name));
    sha.add(digest + "  " + entry.name + "\n");
  }
  return sha.hex();
}

Result<CompileReport> compile_into(const fs::path& source, const fs::path& folder,
                                   const CompileOptions& options) {
  std::error_code code;
  if (options.compiler) {
    fs::create_directories(folder, code);
    if (code) return cannot("make the folder", folder, code.message());
    WF_CHECK(options.compiler(source, folder / kCompiledByOther));
  } else {
    WF_TRY(const ModelFile file, read_model_file(source));
    if (!can_run(file)) {
      return Error(ErrorCode::kUnsupported, "what cannot run is not compiled: " + refusal_text(file))
          .in_file(source.string());
    }
    WF_CHECK(write_mlmodelc(file, folder));
  }
  fs::create_directories(folder / kWindfallFolder, code);
  if (code) return cannot("make the folder", folder / kWindfallFolder, code.message());
  if (options.pack && !options.compiler) WF_CHECK(pack_weights(folder));
  CompileReport report;
  report.folder = folder;
  WF_CHECK(write_manifest(source, folder, options, report));
  WF_CHECK(sync_tree(folder));
  return report;
}

Result<CompileReport> compile_model(const fs::path& source, const fs::path& target_path,
                                    const CompileOptions& options) {
  const fs::path target = target_path.has_filename() ? target_path : target_path.parent_path();
  WF_REQUIRE(target.extension() == ".mlmodelc", kInvalidArgument,
             fmt::format("'{}' does not end in .mlmodelc", target.string()));
  std::error_code code;
  const bool is_compiled =
      fs::exists(target / "coremldata.bin", code) || fs::exists(target / kWindfallFolder, code);
  if (fs::exists(target, code) && !is_compiled) {
    return Error(ErrorCode::kInvalidArgument, "it exists and is no compiled model, so it is not replaced")
        .in_file(target.string());
  }
  WF_REQUIRE(!fs::equivalent(source, target, code), kInvalidArgument, "a model is not compiled onto itself");
  fs::path fresh = target;
  fresh += fmt::format(".{}.partial", ::getpid());
  remove_tree(fresh);
  auto report = compile_into(source, fresh, options);
  Status status = report ? replace_folder(fresh, target) : Status(report.error());
  if (!status) {
    remove_tree(fresh);
    return std::move(status).error();
  }
  report->folder = target;
  return report;
}

Result<CompiledManifest> read_compiled_manifest(const fs::path& folder) {
  constexpr size_t kMostBytes = size_t{16} << 20;
  const fs::path path = folder / kWindfallFolder / kManifest;
  WF_TRY(const std::string text, read_text_file(path, kMostBytes));
  constexpr int kMaxDepth = 8;
  const auto document = parse_json(text, kMaxDepth);
  const auto damaged = [&](std::string_view what) {
    return Error(ErrorCode::kBadModel, fmt::format("a damaged manifest: {}", what)).in_file(path.string());
  };
  if (!document) return damaged(document.error().message);
  const Json& json = **document;
  if (!json.is_object()) return damaged("no JSON object");
  if (!json.contains("format") || json["format"] != kManifestFormat) return damaged("an unknown format");
  const auto text_at = [](const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  CompiledManifest manifest;
  manifest.runtime_version = text_at(json, "runtime_version");
  manifest.isa = text_at(json, "isa");
  manifest.cache_key = text_at(json, "cache_key");
  if (const auto source = json.find("source"); source != json.end() && source->is_object()) {
    manifest.source_name = text_at(*source, "name");
    manifest.source_sha256 = text_at(*source, "sha256");
  }
  const auto files = json.find("files");
  if (files == json.end() || !files->is_object()) return damaged("no list of files");
  for (const auto& [name, entry] : files->items()) {
    if (!entry.is_object() || !entry.contains("bytes") || !entry["bytes"].is_number_integer())
      return damaged("a file without its size");
    manifest.files[name] = {entry["bytes"].get<int64_t>(), text_at(entry, "sha256")};
  }
  return manifest;
}

Status verify_compiled(const fs::path& folder, const CompiledManifest& manifest, bool digests) {
  for (const auto& [name, expected] : manifest.files) {
    WF_TRY(const fs::path path, path_below(folder, name));
    std::error_code code;
    const auto size = fs::file_size(path, code);
    if (code) return Error(ErrorCode::kBadModel, "is not there: " + code.message()).in_file(path.string());
    if (static_cast<int64_t>(size) != expected.bytes) {
      return Error(ErrorCode::kBadModel, fmt::format("{} bytes, the manifest has {}", size, expected.bytes))
          .in_file(path.string());
    }
    if (!digests) continue;
    WF_TRY(const std::string digest, sha256_of_file(path));
    if (digest != expected.sha256) {
      return Error(ErrorCode::kBadModel,
                   fmt::format("SHA-256 {}, the manifest has {}", digest, expected.sha256))
          .in_file(path.string());
    }
  }
  return {};
}

StoredWeights packed_weights_of(const fs::path& folder) {
  auto file = PackedFile::open(folder / kWindfallFolder / kPacked, default_isa());
  return file ? StoredWeights{*std::move(file), ""} : StoredWeights();
}

}  // namespace wf
