// Compiling: a model written as a .mlmodelc, with what the fast engine would otherwise do at every load.
//
// NAME.mlmodelc/
//   model.mil, weights/, coremldata.bin, metadata.json    an ML program, as Apple's compiler lays it out
//   model.mlmodel, ...                                     any other type: the message itself (ours)
//   windfall/manifest.json                                 every file with size and SHA-256, versions, source
//   windfall/packed.bin       packed weights (engine/cpu/packed_file.h), to be mapped
//   windfall/kernels.json                                  the steps the plan came to, for people
//
// With another compiler, Core ML's own, only windfall/manifest.json is Windfall's: its result is in
// model.mlmodelc/.
//
// Nothing in windfall/ is needed to read the model: where it is missing, stale or of another machine, weights
// are packed at load as ever. Apple's own loader compiles for itself: it may take the folder for what it
// reads of it, but runs nothing of ours.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/error.h"
#include "engine/stored_weights.h"
#include "runtime/engine.h"

namespace wf {

struct CompileOptions {
  ComputeUnits compute_units = ComputeUnits::kAll;
  bool pack = true;             // false: no packed weights, no plan
  std::string cache_key{};      // kept in the manifest, if there is one
  std::string source_sha256{};  // if the caller has it; else it is computed
  // Another compiler than Windfall's, which makes the folder `target` of the model `source`.
  std::function<Status(const std::filesystem::path& source, const std::filesystem::path& target)> compiler{};
  std::string compiler_name{};  // as a cache's key has it: "coreml-23A344"
};

// Where the other compiler's result is, below the folder that compile_into() made.
inline constexpr const char* kCompiledByOther = "model.mlmodelc";

struct CompileReport {
  std::filesystem::path folder;
  int64_t bytes = 0, packed_bytes = 0;
  size_t files = 0;
};

// Writes the model as `target`, a folder whose name ends in ".mlmodelc". Never half there: made beside it and
// renamed; an existing compiled model is replaced. kUnsupported: a model that cannot run is not compiled.
Result<CompileReport> compile_model(const std::filesystem::path& source, const std::filesystem::path& target,
                                    const CompileOptions& options = {});

// The same into `folder` in place, which is empty or not there: for whoever renames it himself. Every file
// and folder is on disk (fsync) when it returns.
Result<CompileReport> compile_into(const std::filesystem::path& source, const std::filesystem::path& folder,
                                   const CompileOptions& options = {});

struct CompiledFile {
  int64_t bytes = 0;
  std::string sha256;
};
// windfall/manifest.json.
struct CompiledManifest {
  std::string runtime_version;  // that wrote it
  std::string isa;
  std::string cache_key, source_name, source_sha256;
  std::map<std::string, CompiledFile> files;  // by path in the folder; the manifest itself is not among them
};
Result<CompiledManifest> read_compiled_manifest(const std::filesystem::path& folder);

// Every file as the manifest has it: sizes always, contents with `digests`. kBadModel names the first that is
// not.
Status verify_compiled(const std::filesystem::path& folder, const CompiledManifest& manifest, bool digests);

// The packed weights of a compiled model for this machine; none if there are none that fit. The caller has
// verified the folder.
StoredWeights packed_weights_of(const std::filesystem::path& folder);

// "sha256 of the file, or of a bundle's files in path order": lines "SHA256  relative/path\n".
Result<std::string> digest_of_model(const std::filesystem::path& path);

}  // namespace wf
