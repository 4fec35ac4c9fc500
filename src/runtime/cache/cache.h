// Compiled models kept on disk: compile once, load many times. Any number of processes and threads share one
// folder; each may be killed at any moment. What is promised, and how: docs/runtime.md.
//
// FOLDER/
//   entries/ID.mlmodelc/     a compiled model (runtime/compile.h); its manifest holds the key that ID is made
//   of locks/ID                 shared by who uses the entry, exclusive by who deletes it; its time: the last
//   use locks/ID.compile         held by who compiles it locks/gc                 held by who sweeps or keeps
//   the budget partial/NAME/            being compiled by whoever holds partial/NAME/lock trash/NAME/ being
//   deleted stamps/                  digests of sources and of entries that were read (tree_stamps.h)
//   events.jsonl             what was deleted, when and why
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "runtime/cache/file_lock.h"
#include "runtime/cache/tree_stamps.h"
#include "runtime/compile.h"
#include "runtime/telemetry/telemetry.h"

namespace wf {

struct CacheOptions {
  std::filesystem::path folder;
  int64_t budget_bytes = int64_t{10} << 30;
  // Entries of another version of Windfall are deleted by the sweep once nobody used them for this long: two
  // versions on one machine would else compile in turns. collect() does not wait.
  std::chrono::seconds version_grace{24 * 60 * 60};
  // A process's first use of the cache deletes what the dead left; the entries themselves are gone through
  // if nobody did within this time, for that takes a look at each.
  std::chrono::seconds sweep_interval{10 * 60};
  // How long to wait for another process that compiles the same model, before compiling beside it.
  std::chrono::milliseconds compile_wait{5 * 60 * 1000};
  // The version that is part of every key; "" is this build's.
  std::string runtime_version;
  // Read every byte of an entry at every hit.
  bool always_verify = false;
  // Where hits, misses, evictions and compilations are counted; must outlive the cache. Null: nowhere.
  Telemetry* telemetry = &Telemetry::process();

  // WINDFALL_CACHE_DIR, else XDG_CACHE_HOME/windfall, else HOME/.cache/windfall; WINDFALL_CACHE_BYTES;
  // WINDFALL_CACHE_VERIFY=always.
  static Result<CacheOptions> from_environment();
};

enum class CacheOrigin {
  kHit,          // there already
  kCompiled,     // compiled now
  kPrecompiled,  // the model is compiled: the cache has nothing to do
  kUncached,     // the cache cannot be used (`note` says why): `path` is the model itself
};
std::string_view name_of(CacheOrigin origin);

struct CachedModel {
  std::filesystem::path path;  // what to load
  CacheOrigin origin = CacheOrigin::kUncached;
  std::string key, id;
  std::string note;  // what was wrong with the cache, if anything
  // While it lives the entry is not evicted to save space. Without it what is mapped stays valid all the
  // same.
  std::shared_ptr<const void> hold;
};

struct CacheEntry {
  std::string id, key, source_name, runtime_version;
  std::filesystem::path path;
  int64_t bytes = 0;
  std::chrono::system_clock::time_point last_used;
  bool is_in_use = false;
};

struct Eviction {
  std::string id;
  std::string reason;  // "budget", "version", "corrupt: ...", "partial", "asked"
  int64_t bytes = 0;   // freed
};

class Cache {
 public:
  explicit Cache(CacheOptions options);
  // The one of the environment, shared by this process. An error if the environment names no folder.
  static Result<std::shared_ptr<Cache>> shared();

  const CacheOptions& options() const { return options_; }

  // The model compiled, from the cache or into it. Fails only as compile_model() would for reasons of the
  // model; whatever is wrong with the cache makes it kUncached. The first call sweeps.
  Result<CachedModel> get(const std::filesystem::path& model, const CompileOptions& options = {});

  // For whoever could not load what get() gave: reads all of the entry, and deletes it if it is damaged.
  // True if the next get() will compile.
  bool drop_if_damaged(const CachedModel& model);

  // Without locks: a picture of the moment. Least recently used first.
  Result<std::vector<CacheEntry>> list() const;
  // Deletes what is stale, then the least recently used until the budget is kept. Entries in use stay.
  Result<std::vector<Eviction>> collect(int64_t budget_bytes);
  // Reads every byte of every entry; deletes what is damaged.
  Result<std::vector<Eviction>> verify();

  // Called for every deletion by this object, from any thread; must not call the cache.
  std::function<void(const Eviction&)> on_eviction;

  // `{authoring_sha256}:{coreml_or_runtime_version}:{backend}:{compute_units}:{quantization}:{shape_key}:
  // {os_build}`. Backend: engine and instruction set, or the other compiler's name.
  std::string key_of(std::string_view source_sha256, const CompileOptions& options = {}) const;
  // digest_of_model(), read only where the files changed since.
  Result<std::string> source_digest(const std::filesystem::path& model);

 private:
  using Lock = std::shared_ptr<const FileLock>;
  std::filesystem::path entry_path(std::string_view id) const;
  std::filesystem::path lock_path(std::string_view id) const { return options_.folder / "locks" / id; }

  Status prepare_folder();
  // The manifest's word on whether it is the entry of this key, and undamaged. kNotFound: no entry.
  Status check_entry(const std::string& id, const std::string& key, bool read_everything);
  Status read_entry(const std::filesystem::path& path, const std::string& key, bool read_everything);
  Result<CachedModel> hit_or_compile(const std::filesystem::path& model, const CompileOptions& options,
                                     CachedModel found);
  Status compile_entry(const std::filesystem::path& model, const CompileOptions& options,
                       const CachedModel& entry);

  // Moves the entry out of sight, deletes it and tells of it.
  void evict(const std::string& id, std::string reason);
  // Runs `work` and returns what left the cache meanwhile.
  std::vector<Eviction> evictions_of(const std::function<void()>& work);
  // Not if it is in use; `reason` is asked while nobody can use it, and "" keeps it.
  bool evict_if_unused(const std::string& id, const std::function<std::string()>& reason);
  void sweep(std::chrono::seconds version_grace, std::chrono::seconds interval);
  void sweep_partial();
  void sweep_entries(std::chrono::seconds version_grace);
  void sweep_leftovers();
  void keep_budget(int64_t budget_bytes);
  void tell(const Eviction& eviction);

  CacheOptions options_;
  TreeStamps stamps_;
  std::mutex lock_;
  bool is_swept_ = false;
  std::mutex tell_lock_;
  std::vector<Eviction>* collected_ = nullptr;  // where tell() adds to, while collect() or verify() runs
};

// The same for a compiled model anywhere: none unless every file is as the manifest says, so that weights
// packed from other bytes than the model's are never used. That is read once per state of the folder, and
// noted beside the shared cache's entries.
StoredWeights verified_packed_weights(const std::filesystem::path& folder);

}  // namespace wf
