#include "runtime/cache/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/folder.h"
#include "base/sha256.h"
#include "engine/cpu/fingerprint.h"
#include "formats/save.h"
#include "runtime/platform.h"
#include "runtime/telemetry/snapshot.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

constexpr size_t kIdLength = 32;  // hexadecimal digits: 128 bits
constexpr const char* kSourceKind = "source";
constexpr const char* kEntryKind = "entry";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// A compiled model as a folder; a file by that name is something else.
bool is_precompiled(const fs::path& model) {
  std::error_code code;
  return fs::is_directory(model, code) && !fs::exists(model / "Manifest.json", code) &&
         (fs::exists(model / "coremldata.bin", code) || fs::exists(model / "model.mil", code) ||
          fs::exists(model / "model.espresso.net", code) || fs::exists(model / "model.mlmodel", code));
}

}  // namespace

std::string_view name_of(CacheOrigin origin) {
  switch (origin) {
    case CacheOrigin::kHit:
      return "hit";
    case CacheOrigin::kCompiled:
      return "compiled";
    case CacheOrigin::kPrecompiled:
      return "precompiled";
    case CacheOrigin::kUncached:
      return "uncached";
  }
  return "";
}

Result<CacheOptions> CacheOptions::from_environment() {
  CacheOptions options;
  const std::string own = environment("WINDFALL_CACHE_DIR"), xdg = environment("XDG_CACHE_HOME"),
                    home = environment("HOME");
  if (!own.empty()) {
    options.folder = own;
  } else if (!xdg.empty() && fs::path(xdg).is_absolute()) {  // the specification ignores relative ones
    options.folder = fs::path(xdg) / "windfall";
  } else if (!home.empty()) {
    options.folder = fs::path(home) / ".cache" / "windfall";
  } else {
    return Error(ErrorCode::kEnvironment, "no folder for the cache: HOME is not set", {},
                 "set WINDFALL_CACHE_DIR");
  }
  if (const std::string text = environment("WINDFALL_CACHE_BYTES"); !text.empty()) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), options.budget_bytes);
    if (code != std::errc() || end != text.data() + text.size() || options.budget_bytes < 0) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("WINDFALL_CACHE_BYTES is '{}', expected a number of bytes", text));
    }
  }
  options.always_verify = environment("WINDFALL_CACHE_VERIFY") == "always";
  return options;
}

Cache::Cache(CacheOptions options) : options_(std::move(options)), stamps_(options_.folder / "stamps") {
  if (options_.runtime_version.empty()) options_.runtime_version = runtime_version();
}

Result<std::shared_ptr<Cache>> Cache::shared() {
  static const Result<std::shared_ptr<Cache>> cache = []() -> Result<std::shared_ptr<Cache>> {
    WF_TRY(CacheOptions options, CacheOptions::from_environment());
    return std::make_shared<Cache>(std::move(options));
  }();
  return cache;
}

std::string Cache::key_of(std::string_view source_sha256, const CompileOptions& options) const {
  const std::string compiler =
      options.compiler ? options.compiler_name : fmt::format("cpu-{}", name_of(default_isa()));
  return fmt::format("{}:{}:{}:{}:{}:{}:{}", source_sha256, options_.runtime_version, compiler,
                     compute_units_name(static_cast<int>(options.compute_units)), "as-authored", "default",
                     platform_name());
}

fs::path Cache::entry_path(std::string_view id) const {
  return options_.folder / "entries" / fmt::format("{}.mlmodelc", id);
}

Status Cache::prepare_folder() {
  const std::lock_guard guard(lock_);
  for (const char* name : {"entries", "locks", "partial", "trash", "stamps"}) {
    std::error_code code;
    fs::create_directories(options_.folder / name, code);
    if (code && !fs::is_directory(options_.folder / name, code)) {
      return Error(ErrorCode::kEnvironment, "cannot make the cache's folder: " + code.message())
          .in_file((options_.folder / name).string());
    }
  }
  if (is_swept_) return {};
  is_swept_ = true;
  // Backup programs leave out folders that hold this (bford.info/cachedir).
  std::error_code code;
  if (const fs::path tag = options_.folder / "CACHEDIR.TAG"; !fs::exists(tag, code)) {
    (void)write_file(tag, std::string_view("Signature: 8a477f597d28d172789f06886806bc55\n"));
  }
  sweep(options_.version_grace, options_.sweep_interval);
  return {};
}

Result<std::string> Cache::source_digest(const fs::path& model) {
  WF_TRY(const TreeStamp stamp, stamp_of(model));
  if (auto known = stamps_.find(kSourceKind, model, stamp)) return *std::move(known);
  WF_TRY(std::string digest, digest_of_model(model));
  stamps_.note(kSourceKind, model, stamp, digest);
  return digest;
}

Status Cache::read_entry(const fs::path& path, const std::string& key, bool read_everything) {
  WF_TRY(const TreeStamp stamp, stamp_of(path));
  if (!read_everything && stamps_.find(kEntryKind, path, stamp) == key) return {};
  WF_TRY(const CompiledManifest manifest, read_compiled_manifest(path));
  if (manifest.cache_key != key) return Error(ErrorCode::kBadModel, "of another key").in_file(path.string());
  WF_CHECK(verify_compiled(path, manifest, /*digests=*/true));
  stamps_.note(kEntryKind, path, stamp, key);
  return {};
}

Status Cache::check_entry(const std::string& id, const std::string& key, bool read_everything) {
  const fs::path path = entry_path(id);
  std::error_code code;
  if (!fs::exists(path, code)) return Error(ErrorCode::kNotFound, "no entry");
  Status status = read_entry(path, key, read_everything);
  if (status || status.error().code != ErrorCode::kNotFound) return status;
  // A file is missing, or the entry went away meanwhile.
  Error error = std::move(status).error();
  error.code = fs::exists(path, code) ? ErrorCode::kBadModel : ErrorCode::kNotFound;
  return error;
}

Result<CachedModel> Cache::get(const fs::path& model, const CompileOptions& options) {
  CachedModel found;
  found.path = model;
  std::error_code code;
  // What Windfall compiled is a model like any other to another compiler.
  const bool is_source = options.compiler && fs::exists(model / kWindfallFolder, code);
  if (is_precompiled(model) && !is_source) {
    found.origin = CacheOrigin::kPrecompiled;
    return found;
  }
  if (!fs::exists(model, code)) return Error(ErrorCode::kNotFound, "is not there").in_file(model.string());
  // A folder that cannot be written may still hold the entry.
  const Status folder = prepare_folder();
  if (!folder) found.note = folder.error().to_string();
  WF_TRY(const std::string digest, source_digest(model));
  found.key = key_of(digest, options);
  found.id = sha256_of(as_bytes(found.key)).substr(0, kIdLength);
  CompileOptions complete = options;
  complete.source_sha256 = digest;
  complete.cache_key = found.key;
  return hit_or_compile(model, complete, std::move(found));
}

Result<CachedModel> Cache::hit_or_compile(const fs::path& model, const CompileOptions& options,
                                          CachedModel found) {
  const auto use = [&](Lock hold, CacheOrigin origin) {
    if (options_.telemetry && origin == CacheOrigin::kHit) options_.telemetry->record_cache_hit(found.key);
    if (hold) hold->touch();
    found.hold = std::move(hold);
    found.path = options.compiler ? entry_path(found.id) / kCompiledByOther : entry_path(found.id);
    found.origin = origin;
    return found;
  };
  // A hit needs the entry alone. The lock keeps it from being evicted; where none can be had (a read-only
  // file system), nobody evicts.
  auto hold = FileLock::acquire(lock_path(found.id), FileLock::Mode::kShared, std::chrono::seconds(10));
  if (!hold) found.note = hold.error().to_string();
  Status status = check_entry(found.id, found.key, options_.always_verify);
  if (status) return use(hold ? *hold : nullptr, CacheOrigin::kHit);
  const auto uncached = [&](const Error& why) {
    found.note = why.to_string();
    return found;
  };
  if (!hold) return uncached(hold.error());
  if (!*hold) return uncached(Error(ErrorCode::kEnvironment, "the entry stays locked by another process"));

  // One process compiles, the others wait for it. Whoever waits too long compiles beside it: the first to
  // finish is taken.
  const auto compiling =
      FileLock::acquire(lock_path(found.id + ".compile"), FileLock::Mode::kExclusive, options_.compile_wait);
  if (!compiling) return uncached(compiling.error());
  status = check_entry(found.id, found.key, options_.always_verify);
  if (status) return use(*hold, CacheOrigin::kHit);
  if (status.error().code == ErrorCode::kEnvironment) return uncached(status.error());
  if (status.error().code != ErrorCode::kNotFound) evict(found.id, "corrupt: " + status.error().to_string());
  const auto begin = std::chrono::steady_clock::now();
  status = compile_entry(model, options, found);
  const std::string_view engine = options.compiler ? std::string_view(options.compiler_name) : "cpu";
  if (options_.telemetry) {
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    options_.telemetry->record_cache_miss(found.key);
    if (status) {
      options_.telemetry->record_compile(took.count(), model.string(), engine);
    } else {
      options_.telemetry->record_failure(Operation::kCompile, status.error(), model.string(), engine);
    }
  }
  if (!status) {
    const ErrorCode code = status.error().code;
    if (code == ErrorCode::kEnvironment || code == ErrorCode::kInternal) return uncached(status.error());
    return std::move(status).error();
  }
  keep_budget(options_.budget_bytes);
  return use(*hold, CacheOrigin::kCompiled);
}

Status Cache::compile_entry(const fs::path& model, const CompileOptions& options, const CachedModel& entry) {
  static std::atomic<uint64_t> count = 0;
  fs::path place;
  Lock owner;
  std::error_code code;
  // The sweep of another process may take the folder before it is locked: then another one.
  for (int tries = 0; !owner; ++tries) {
    if (tries > 100) return Error(ErrorCode::kEnvironment, "cannot keep a folder to compile in");
    place = options_.folder / "partial" / fmt::format("{}.{}.{}", entry.id, ::getpid(), count++);
    fs::create_directories(place, code);
    if (code) {
      return Error(ErrorCode::kEnvironment, "cannot make a folder: " + code.message())
          .in_file(place.string());
    }
    auto lock = FileLock::acquire(place / "lock", FileLock::Mode::kExclusive);
    if (lock) owner = *std::move(lock);
    if (!lock && fs::exists(place, code)) return std::move(lock).error();
  }
  const fs::path fresh = place / "model.mlmodelc", target = entry_path(entry.id);
  auto report = compile_into(model, fresh, options);
  Status status = report ? Status() : Status(std::move(report).error());
  // Did the source change while it was read?
  if (status) {
    const auto digest = digest_of_model(model);
    if (!digest || *digest != options.source_sha256)
      status =
          Error(ErrorCode::kEnvironment, "the model changed while it was compiled").in_file(model.string());
  }
  if (status) {
    if (::rename(fresh.c_str(), target.c_str()) != 0) {
      const int why = errno;
      // Somebody else was faster: his is as good, if it is.
      status = check_entry(entry.id, entry.key, /*read_everything=*/true);
      if (!status) {
        status = Error(ErrorCode::kEnvironment, fmt::format("cannot rename: {}", std::strerror(why)))
                     .in_file(target.string());
      }
    } else if (const int fd = ::open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
               fd >= 0) {
      ::fsync(fd);
      ::close(fd);
    }
  }
  remove_tree(place);
  return status;
}

bool Cache::drop_if_damaged(const CachedModel& model) {
  const Status status = check_entry(model.id, model.key, /*read_everything=*/true);
  if (status || status.error().code == ErrorCode::kEnvironment) return false;
  if (status.error().code != ErrorCode::kNotFound) evict(model.id, "corrupt: " + status.error().to_string());
  return true;
}

StoredWeights verified_packed_weights(const fs::path& folder) {
  constexpr const char* kCompiledKind = "compiled";
  std::error_code code;
  if (!fs::exists(folder / kWindfallFolder, code)) return {};
  const auto options = CacheOptions::from_environment();
  const TreeStamps stamps(options ? options->folder / "stamps" : fs::path());
  const auto stamp = stamp_of(folder);
  if (!stamp) return {};
  const bool always = options && options->always_verify;
  if (always || !stamps.find(kCompiledKind, folder, *stamp)) {
    const auto manifest = read_compiled_manifest(folder);
    if (!manifest || !verify_compiled(folder, *manifest, /*digests=*/true)) return {};
    stamps.note(kCompiledKind, folder, *stamp, "as its manifest says");
  }
  return packed_weights_of(folder);
}

}  // namespace wf
