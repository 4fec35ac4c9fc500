// What leaves the cache: what is stale, damaged, left by the dead, or least recently used.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/folder.h"
#include "base/json_writer.h"
#include "runtime/cache/cache.h"

namespace wf {
namespace {

namespace fs = std::filesystem;
using SystemClock = std::chrono::system_clock;

constexpr const char* kSuffix = ".mlmodelc";
constexpr uintmax_t kMostLogBytes = 1 << 20;
constexpr std::chrono::hours kStampAge{24 * 30};

SystemClock::time_point time_of(const fs::path& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0
             ? SystemClock::time_point(std::chrono::seconds(info.st_mtim.tv_sec) +
                                       std::chrono::nanoseconds(info.st_mtim.tv_nsec))
             : SystemClock::time_point();
}

std::vector<fs::path> children(const fs::path& folder) {
  std::vector<fs::path> paths;
  const auto entries = list_folder(folder);
  if (!entries) return paths;
  for (const FolderEntry& entry : *entries) paths.push_back(folder / entry.name);
  return paths;
}

int64_t bytes_below(const fs::path& folder) {
  int64_t bytes = 0;
  const auto entries = list_tree(folder);
  if (!entries) return bytes;
  for (const FolderEntry& entry : *entries) bytes += entry.bytes;
  return bytes;
}

}  // namespace

void Cache::tell(const Eviction& eviction) {
  {
    const std::lock_guard guard(tell_lock_);
    if (collected_) collected_->push_back(eviction);
  }
  if (on_eviction) on_eviction(eviction);
  if (options_.telemetry) {
    options_.telemetry->record_cache_eviction(static_cast<uint64_t>(eviction.bytes), eviction.reason,
                                              eviction.id);
  }
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(SystemClock::now().time_since_epoch());
  JsonWriter line;
  line.begin_object().key("time").whole(int64_t{now.count()}).key("event").text("evict");
  line.key("id").text(eviction.id).key("reason").text(eviction.reason);
  line.key("bytes").whole(eviction.bytes).key("pid").whole(int64_t{::getpid()});
  const std::string text = line.end_object().take() + "\n";
  const fs::path log = options_.folder / "events.jsonl";
  std::error_code code;
  if (fs::file_size(log, code) > kMostLogBytes && !code)
    fs::rename(log, options_.folder / "events.old.jsonl", code);
  // One write of one line: lines of several processes do not mix.
  const int fd = ::open(log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return;
  [[maybe_unused]] const auto written = ::write(fd, text.data(), text.size());
  ::close(fd);
}

// Out of the way in one step: whoever has the files open or mapped keeps them, nobody else finds them.
void Cache::evict(const std::string& id, std::string reason) {
  static std::atomic<uint64_t> count = 0;
  const fs::path trash = options_.folder / "trash" / fmt::format("{}.{}.{}", id, ::getpid(), count++);
  std::error_code code;
  fs::create_directories(trash.parent_path(), code);
  if (::rename(entry_path(id).c_str(), trash.c_str()) != 0) return;  // somebody else's by now
  const int64_t bytes = bytes_below(trash);
  remove_tree(trash);
  tell({id, std::move(reason), bytes});
}

bool Cache::evict_if_unused(const std::string& id, const std::function<std::string()>& reason) {
  const auto lock = FileLock::acquire(lock_path(id), FileLock::Mode::kExclusive);
  if (!lock || !*lock) return false;
  std::string why = reason();
  if (why.empty()) return false;
  evict(id, std::move(why));
  std::error_code code;
  fs::remove(lock_path(id), code);
  const fs::path compile = lock_path(id + ".compile");
  const auto nobody_compiles = FileLock::acquire(compile, FileLock::Mode::kExclusive);
  if (nobody_compiles && *nobody_compiles) fs::remove(compile, code);
  return true;
}

void Cache::sweep(std::chrono::seconds version_grace, std::chrono::seconds interval) {
  const fs::path path = lock_path("gc");
  const auto last = time_of(path);
  const auto lock = FileLock::acquire(path, FileLock::Mode::kExclusive);
  if (!lock || !*lock) return;  // somebody else sweeps, or nobody can
  sweep_partial();
  const auto age = SystemClock::now() - last;
  if (age >= SystemClock::duration::zero() && age < interval) return;
  sweep_entries(version_grace);
  sweep_leftovers();
  (*lock)->touch();
}

// Folders whose maker is dead: his lock died with him.
void Cache::sweep_partial() {
  std::error_code code;
  for (const fs::path& path : children(options_.folder / "partial")) {
    const auto lock = FileLock::acquire(path / "lock", FileLock::Mode::kExclusive);
    if (!lock || !*lock) continue;
    const int64_t bytes = bytes_below(path);
    remove_tree(path);
    if (bytes > 0) tell({path.filename().string(), "partial", bytes});
  }
  // Deletion is nobody's own: two may work on one folder.
  for (const fs::path& path : children(options_.folder / "trash")) remove_tree(path);
}

void Cache::sweep_entries(std::chrono::seconds version_grace) {
  const auto now = SystemClock::now();
  for (const fs::path& path : children(options_.folder / "entries")) {
    const std::string id = path.stem().string();
    if (path.extension() != kSuffix) continue;
    const auto reason = [&]() -> std::string {
      const auto manifest = read_compiled_manifest(path);
      const Status sizes = manifest ? verify_compiled(path, *manifest, /*digests=*/false) : manifest.error();
      if (!sizes) return "corrupt: " + sizes.error().to_string();
      if (manifest->cache_key.find(":" + options_.runtime_version + ":") != std::string::npos) return "";
      const auto used = std::max(time_of(lock_path(id)), time_of(path));
      return now - used >= version_grace ? "version" : "";
    };
    if (!reason().empty()) evict_if_unused(id, reason);
  }
}

void Cache::sweep_leftovers() {
  std::error_code code;
  for (const fs::path& path : children(options_.folder / "locks")) {
    const std::string name = path.filename().string();
    const std::string id = name.substr(0, name.find('.'));
    if (name == "gc" || fs::exists(entry_path(id), code)) continue;
    const auto lock = FileLock::acquire(path, FileLock::Mode::kExclusive);
    if (lock && *lock && !fs::exists(entry_path(id), code)) fs::remove(path, code);
  }
  const auto now = SystemClock::now();
  for (const fs::path& path : children(options_.folder / "stamps")) {
    const bool is_partial = path.extension() == ".partial";
    const auto age = now - time_of(path);
    if (age > kStampAge || (is_partial && age > std::chrono::hours(1))) fs::remove(path, code);
  }
}

void Cache::keep_budget(int64_t budget_bytes) {
  const auto lock = FileLock::acquire(lock_path("gc"), FileLock::Mode::kExclusive);
  if (!lock || !*lock) return;  // whoever holds it does the same
  const auto entries = list();
  if (!entries) return;
  int64_t total = 0;
  for (const CacheEntry& entry : *entries) total += entry.bytes;
  for (const CacheEntry& entry : *entries) {
    if (total <= budget_bytes) return;
    if (evict_if_unused(entry.id, [] { return "budget"; })) total -= entry.bytes;
  }
}

Result<std::vector<CacheEntry>> Cache::list() const {
  std::vector<CacheEntry> entries;
  for (const fs::path& path : children(options_.folder / "entries")) {
    if (path.extension() != kSuffix) continue;
    CacheEntry entry;
    entry.id = path.stem().string();
    entry.path = path;
    entry.bytes = bytes_below(path);
    entry.last_used = std::max(time_of(lock_path(entry.id)), time_of(path));
    if (const auto manifest = read_compiled_manifest(path)) {
      entry.key = manifest->cache_key;
      entry.source_name = manifest->source_name;
      entry.runtime_version = manifest->runtime_version;
    }
    std::error_code code;
    if (fs::exists(lock_path(entry.id), code)) {
      const auto free = FileLock::acquire(lock_path(entry.id), FileLock::Mode::kExclusive);
      entry.is_in_use = free && !*free;
    }
    entries.push_back(std::move(entry));
  }
  std::ranges::sort(entries, {}, &CacheEntry::last_used);
  return entries;
}

Result<std::vector<Eviction>> Cache::collect(int64_t budget_bytes) {
  WF_CHECK(prepare_folder());
  return evictions_of([&] {
    sweep(std::chrono::seconds(0), std::chrono::seconds(0));
    keep_budget(budget_bytes);
  });
}

std::vector<Eviction> Cache::evictions_of(const std::function<void()>& work) {
  const std::lock_guard guard(lock_);
  std::vector<Eviction> evictions;
  const auto collect_in = [&](std::vector<Eviction>* place) {
    const std::lock_guard tell_guard(tell_lock_);
    collected_ = place;
  };
  collect_in(&evictions);
  work();
  collect_in(nullptr);
  return evictions;
}

Result<std::vector<Eviction>> Cache::verify() {
  WF_CHECK(prepare_folder());
  return evictions_of([&] {
    for (const fs::path& path : children(options_.folder / "entries")) {
      if (path.extension() != kSuffix) continue;
      const std::string id = path.stem().string();
      // While this is held nobody evicts it: what is missing then is damage.
      const auto lock = FileLock::acquire(lock_path(id), FileLock::Mode::kShared);
      if (lock && !*lock) continue;  // it leaves just now
      const auto manifest = read_compiled_manifest(path);
      const Status status = manifest ? verify_compiled(path, *manifest, /*digests=*/true) : manifest.error();
      // Damage is no matter of use: who has it mapped keeps it, who comes next gets a new one.
      if (!status && fs::exists(path)) evict(id, "corrupt: " + status.error().to_string());
    }
  });
}

}  // namespace wf
