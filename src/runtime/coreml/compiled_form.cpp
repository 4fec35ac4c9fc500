#include "runtime/coreml/compiled_form.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <utility>

#include "formats/save.h"
#include "runtime/cache/cache.h"
#include "runtime/compile.h"
#include "runtime/coreml/live_model.h"
#include "runtime/coreml/values.h"
#include "runtime/platform.h"

namespace wf::coreml {
namespace {

namespace fs = std::filesystem;

// A folder that goes with its last user.
class ScratchFolder {
 public:
  static Result<std::shared_ptr<const ScratchFolder>> make() {
    std::string name = (fs::temp_directory_path() / "windfall_coreml_XXXXXX").string();
    if (!::mkdtemp(name.data()))
      return Error(ErrorCode::kEnvironment, fmt::format("no folder like '{}' can be made", name));
    return std::shared_ptr<const ScratchFolder>(new ScratchFolder(std::move(name)));
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  const fs::path path;

 private:
  explicit ScratchFolder(std::string name) : path(std::move(name)) {}
};

struct CompileJob {
  std::string source, target;
  std::shared_ptr<const void> folder,
      target_folder;  // of source and target, where they go with their last user
  Failure failure;
  int code = WFA_OK;
};

Status compile(const std::shared_ptr<CompileJob>& job, std::chrono::milliseconds limit) {
  WF_CHECK(
      run_once([job] { job->code = wfa_compile(job->source.c_str(), job->target.c_str(), &job->failure); },
               limit, "compiling the model"));
  // Not kBadModel: Windfall has read the model, so another engine may well run it.
  return job->code == WFA_OK ? Status() : Status(to_error(job->failure, ErrorCode::kRuntime));
}

// What Core ML's compiler gets for a model at `source`: that, or a package written into the folder of the
// job, where it is in no file, or compiled by Windfall.
Status find_source(const ModelFile& file, const fs::path& source, CompileJob& job) {
  job.source = source.string();
  const bool is_ours = fs::exists(source / kWindfallFolder);
  if (fs::exists(source) && !is_ours) return {};
  if (is_ours && fs::exists(source / "model.mlmodel")) {
    job.source = (source / "model.mlmodel").string();
    return {};
  }
  WF_TRY(const auto folder, ScratchFolder::make());
  job.folder = folder;
  job.source = (folder->path / "model.mlpackage").string();
  return save_mlpackage(file, job.source);
}

// Compiled for this process alone.
Result<Compiled> compiled_now(const ModelFile& file, const fs::path& source,
                              std::chrono::milliseconds limit) {
  auto job = std::make_shared<CompileJob>();
  WF_TRY(const auto folder, ScratchFolder::make());
  WF_CHECK(find_source(file, source, *job));
  job->target = (folder->path / "model.mlmodelc").string();
  job->target_folder = folder;
  WF_CHECK(compile(job, limit));
  return Compiled{job->target, folder, nullptr};
}

CompileOptions by_core_ml(const ModelFile& file, std::chrono::milliseconds limit) {
  CompileOptions options;
  options.compiler_name = "coreml-" + os_build();
  options.compiler = [&file, limit](const fs::path& source, const fs::path& target) -> Status {
    auto job = std::make_shared<CompileJob>();
    WF_CHECK(find_source(file, source, *job));
    job->target = target.string();
    return compile(job, limit);
  };
  return options;
}

}  // namespace

Result<Compiled> compiled_form(const ModelFile& file, const KeepCompiled& keep,
                               std::chrono::milliseconds limit) {
  const fs::path source = keep.source.empty() ? file.path : keep.source;
  const bool is_core_mls =
      source.extension() == ".mlmodelc" && fs::exists(source) && !fs::exists(source / kWindfallFolder);
  if (is_core_mls) return Compiled{source.string(), nullptr, nullptr};
  if (!keep.cache || !fs::exists(source)) return compiled_now(file, source, limit);
  WF_TRY(auto found, keep.cache->get(source, by_core_ml(file, limit)));
  const auto cached = std::make_shared<const CachedModel>(std::move(found));
  if (cached->origin != CacheOrigin::kUncached) return Compiled{cached->path.string(), cached, cached};
  WF_TRY(Compiled compiled, compiled_now(file, source, limit));
  compiled.cached = cached;  // says why
  return compiled;
}

}  // namespace wf::coreml
