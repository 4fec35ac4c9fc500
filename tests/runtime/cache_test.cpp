// The cache of compiled models: what is found, what is rebuilt, what is deleted, and what happens when the
// disk does not play along. Several processes and kills: cache_processes_test.cpp.
#include "runtime/cache/cache.h"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <optional>
#include <thread>

#include "engine/cpu/fingerprint.h"
#include "runtime/compiled_models.h"

namespace wf::test {
namespace {

namespace fs = std::filesystem;

class CacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = scratch_folder(std::string("cache_") +
                             ::testing::UnitTest::GetInstance()->current_test_info()->name());
    source_ = save_weighted_model(folder_ / "net.mlpackage", 7);
  }
  CacheOptions options() const {
    CacheOptions options;
    options.folder = folder_ / "cache";
    return options;
  }
  CachedModel get(Cache& cache, const fs::path& model) const {
    auto found = cache.get(model);
    EXPECT_TRUE(found.ok()) << found.error().to_string();
    return found ? *found : CachedModel();
  }
  void expect_answers(const std::shared_ptr<Cache>& cache, CacheOrigin origin) const {
    LoadOptions load;
    load.engine = "cpu";
    load.cache = cache;
    auto model = Model::load(source_, load);
    ASSERT_TRUE(model.ok()) << model.error().to_string();
    ASSERT_TRUE(model->cached());
    EXPECT_EQ(name_of(model->cached()->origin), name_of(origin)) << model->cached()->note;
    EXPECT_TRUE(same_bits(answer_of(*model), answer_at(source_)));
  }
  static int64_t bytes_of(Cache& cache) {
    int64_t bytes = 0;
    if (const auto entries = cache.list()) {
      for (const CacheEntry& entry : *entries) bytes += entry.bytes;
    }
    return bytes;
  }

  fs::path folder_, source_;
};

void damage(const fs::path& path, size_t at) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get() ^ 0x10);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

TEST_F(CacheTest, CompilesOnceThenFinds) {
  const auto cache = std::make_shared<Cache>(options());
  expect_answers(cache, CacheOrigin::kCompiled);
  expect_answers(cache, CacheOrigin::kHit);
  expect_answers(std::make_shared<Cache>(options()), CacheOrigin::kHit);
  WF_ASSERT_OK_AND_ASSIGN(const auto entries, cache->list());
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].source_name, "net.mlpackage");
  EXPECT_FALSE(entries[0].is_in_use);
  EXPECT_TRUE(fs::is_empty(folder_ / "cache" / "partial"));
  EXPECT_TRUE(fs::is_empty(folder_ / "cache" / "trash"));
}

TEST_F(CacheTest, TelemetryCountsWhatHappens) {
  Telemetry telemetry;
  CacheOptions counted = options();
  counted.telemetry = &telemetry;
  Cache cache(counted);
  get(cache, source_);
  get(cache, source_);
  get(cache, source_);
  ASSERT_TRUE(cache.collect(0).ok());
  const TelemetrySnapshot seen = telemetry.snapshot();
  EXPECT_EQ(seen.cache_misses, 1u);
  EXPECT_EQ(seen.cache_hits, 2u);
  EXPECT_EQ(seen.cache_evictions, 1u);
  EXPECT_GT(seen.cache_evicted_bytes, 0u);
}

TEST_F(CacheTest, TheKeySaysWhatTheEntryDependsOn) {
  Cache cache(options());
  const CachedModel first = get(cache, source_);
  WF_ASSERT_OK_AND_ASSIGN(const std::string digest, digest_of_model(source_));
  EXPECT_TRUE(first.key.starts_with(digest + ":" + std::string(runtime_version()) + ":cpu-")) << first.key;
  EXPECT_EQ(std::ranges::count(first.key, ':'), 6) << first.key;
  // The same content elsewhere is the same entry.
  fs::copy(source_, folder_ / "copy.mlpackage", fs::copy_options::recursive);
  EXPECT_EQ(get(cache, folder_ / "copy.mlpackage").id, first.id);
  // Another content, other compute units, another version are not.
  EXPECT_NE(get(cache, save_weighted_model(folder_ / "other.mlpackage", 8)).id, first.id);
  WF_ASSERT_OK_AND_ASSIGN(const CachedModel units,
                          cache.get(source_, {.compute_units = ComputeUnits::kCpuOnly}));
  EXPECT_NE(units.id, first.id);
  CacheOptions newer = options();
  newer.runtime_version = "99";
  Cache next(newer);
  EXPECT_NE(get(next, source_).id, first.id);
}

TEST_F(CacheTest, AChangedSourceIsCompiledAnew) {
  const auto cache = std::make_shared<Cache>(options());
  expect_answers(cache, CacheOrigin::kCompiled);
  save_weighted_model(source_, 9);
  expect_answers(cache, CacheOrigin::kCompiled);
  expect_answers(cache, CacheOrigin::kHit);
}

// In place, keeping size and time of modification, as rsync or a copy back from a backup would.
TEST_F(CacheTest, ASourceChangedInSecretIsNoticed) {
  const auto cache = std::make_shared<Cache>(options());
  const CachedModel first = get(*cache, source_);
  const fs::path weights = source_ / "Data" / "com.apple.CoreML" / "weights" / "weight.bin";
  const auto time = fs::last_write_time(weights);
  damage(weights, 200);
  fs::last_write_time(weights, time);
  EXPECT_NE(get(*cache, source_).id, first.id);
}

TEST_F(CacheTest, DamageInAnyFileIsFoundDroppedAndRebuilt) {
  const auto cache = std::make_shared<Cache>(options());
  const CachedModel entry = get(*cache, source_);
  std::vector<fs::path> files;
  for (const auto& each : fs::recursive_directory_iterator(entry.path)) {
    if (each.is_regular_file()) files.push_back(each.path());
  }
  ASSERT_GE(files.size(), 7u);
  for (const fs::path& file : files) {
    for (const bool in_a_new_process : {false, true}) {
      SCOPED_TRACE(file.string());
      const auto reader = in_a_new_process ? std::make_shared<Cache>(options()) : cache;
      std::vector<Eviction> evictions;
      reader->on_eviction = [&](const Eviction& eviction) { evictions.push_back(eviction); };
      damage(file, fs::file_size(file) / 2);
      expect_answers(reader, CacheOrigin::kCompiled);
      ASSERT_EQ(evictions.size(), 1u);
      EXPECT_TRUE(evictions[0].reason.starts_with("corrupt")) << evictions[0].reason;
      EXPECT_GT(evictions[0].bytes, 0);
      fs::remove(file);
      expect_answers(reader, CacheOrigin::kCompiled);
      expect_answers(reader, CacheOrigin::kHit);
      reader->on_eviction = nullptr;
    }
  }
}

TEST_F(CacheTest, VerifyReadsEveryByte) {
  Cache cache(options());
  const CachedModel good = get(cache, source_);
  const CachedModel bad = get(cache, save_weighted_model(folder_ / "other.mlpackage", 8));
  WF_ASSERT_OK_AND_ASSIGN(const auto nothing, cache.verify());
  EXPECT_TRUE(nothing.empty());
  damage(bad.path / "windfall" / "packed.bin", 100);
  WF_ASSERT_OK_AND_ASSIGN(const auto evictions, cache.verify());
  ASSERT_EQ(evictions.size(), 1u);
  EXPECT_EQ(evictions[0].id, bad.id);
  EXPECT_TRUE(fs::exists(good.path));
  EXPECT_FALSE(fs::exists(bad.path));
  const auto log = read_text_file(folder_ / "cache" / "events.jsonl");
  ASSERT_TRUE(log.ok());
  EXPECT_NE(log->find(bad.id), std::string::npos) << *log;
}

TEST_F(CacheTest, TheLeastRecentlyUsedLeavesFirstAndWhatIsUsedStays) {
  Cache cache(options());
  std::vector<fs::path> models;
  std::vector<CachedModel> entries;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    models.push_back(save_weighted_model(folder_ / fmt::format("m{}.mlpackage", seed), seed));
    entries.push_back(get(cache, models.back()));
    // Times of use in this order, whatever the clock's steps are.
    const fs::path lock = folder_ / "cache" / "locks" / entries.back().id;
    const auto time = fs::file_time_type::clock::now() - std::chrono::hours(10 - static_cast<int>(seed));
    fs::last_write_time(lock, time);
    fs::last_write_time(entries.back().path, time);
  }
  const int64_t each = bytes_of(cache) / 4;
  for (size_t i = 1; i < 4; ++i) entries[i].hold.reset();  // the oldest is in use
  const CachedModel again = get(cache, models[1]);         // and the next one just was
  entries[1].hold = nullptr;
  WF_ASSERT_OK_AND_ASSIGN(const auto evictions, cache.collect(3 * each + each / 2));
  ASSERT_EQ(evictions.size(), 1u);
  EXPECT_EQ(evictions[0].id, entries[2].id);
  EXPECT_EQ(evictions[0].reason, "budget");
  EXPECT_TRUE(fs::exists(entries[0].path));
  EXPECT_TRUE(fs::exists(entries[1].path));
  WF_ASSERT_OK_AND_ASSIGN(const auto all, cache.collect(0));
  EXPECT_EQ(all.size(), 1u);  // two are held
  entries[0].hold.reset();
  WF_ASSERT_OK_AND_ASSIGN(const auto rest, cache.collect(0));
  EXPECT_EQ(rest.size(), 1u);
}

TEST_F(CacheTest, TheBudgetIsKeptWhileCompiling) {
  CacheOptions small = options();
  Cache measure(options());
  get(measure, source_);
  small.budget_bytes = bytes_of(measure) * 5 / 2;
  Cache cache(small);
  for (uint64_t seed = 20; seed < 26; ++seed) {
    get(cache, save_weighted_model(folder_ / "next.mlpackage", seed));
    EXPECT_LE(bytes_of(cache), small.budget_bytes);
  }
}

TEST_F(CacheTest, EntriesOfAnotherVersionLeave) {
  CacheOptions older = options();
  older.runtime_version = "0.0.1";
  {
    Cache cache(older);
    get(cache, source_);
  }
  {
    Cache cache(options());  // used a moment ago: left alone
    get(cache, source_);
    WF_ASSERT_OK_AND_ASSIGN(const auto entries, cache.list());
    EXPECT_EQ(entries.size(), 2u);
  }
  CacheOptions impatient = options();
  impatient.version_grace = std::chrono::seconds(0);
  impatient.sweep_interval = std::chrono::seconds(0);
  Cache cache(impatient);
  std::vector<Eviction> evictions;
  cache.on_eviction = [&](const Eviction& eviction) { evictions.push_back(eviction); };
  EXPECT_EQ(name_of(get(cache, source_).origin), name_of(CacheOrigin::kHit));
  ASSERT_EQ(evictions.size(), 1u);
  EXPECT_EQ(evictions[0].reason, "version");
}

TEST_F(CacheTest, TheStartSweepsWhatTheDeadLeft) {
  {
    Cache cache(options());
    get(cache, source_);
  }
  const fs::path root = folder_ / "cache";
  fs::create_directories(root / "partial" / "dead" / "model.mlmodelc");
  WF_ASSERT_OK(
      write_file(root / "partial" / "dead" / "model.mlmodelc" / "model.mil", std::string_view("half")));
  WF_ASSERT_OK(write_file(root / "partial" / "dead" / "lock", std::string_view("")));
  fs::create_directories(root / "partial" / "alive");
  WF_ASSERT_OK_AND_ASSIGN(const auto alive,
                          FileLock::acquire(root / "partial" / "alive" / "lock", FileLock::Mode::kExclusive));
  fs::create_directories(root / "trash" / "old");
  fs::create_directories(root / "entries" / "00.mlmodelc");
  WF_ASSERT_OK(write_file(root / "locks" / "orphan", std::string_view("")));
  CacheOptions thorough = options();
  thorough.sweep_interval = std::chrono::seconds(0);
  Cache cache(thorough);
  EXPECT_EQ(name_of(get(cache, source_).origin), name_of(CacheOrigin::kHit));
  EXPECT_FALSE(fs::exists(root / "partial" / "dead"));
  EXPECT_TRUE(fs::exists(root / "partial" / "alive"));
  EXPECT_FALSE(fs::exists(root / "trash" / "old"));
  EXPECT_FALSE(fs::exists(root / "entries" / "00.mlmodelc"));
  EXPECT_FALSE(fs::exists(root / "locks" / "orphan"));
}

TEST_F(CacheTest, AModelSurvivesTheDeletionOfTheWholeCache) {
  const auto cache = std::make_shared<Cache>(options());
  LoadOptions load;
  load.engine = "cpu";
  load.cache = cache;
  WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(source_, load));
  const Tensor expected = answer_at(source_);
  fs::remove_all(folder_ / "cache");
  EXPECT_TRUE(same_bits(answer_of(model), expected));
  expect_answers(cache, CacheOrigin::kCompiled);
  expect_answers(cache, CacheOrigin::kHit);
}

TEST_F(CacheTest, CompiledModelsPassThroughAndNothingElseInPrecompiledMode) {
  const fs::path compiled = folder_ / "net.mlmodelc";
  ASSERT_TRUE(compile_model(source_, compiled).ok());
  const auto cache = std::make_shared<Cache>(options());
  EXPECT_EQ(name_of(get(*cache, compiled).origin), name_of(CacheOrigin::kPrecompiled));
  LoadOptions load;
  load.engine = "cpu";
  load.cache = cache;
  load.precompiled_only = true;
  WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(compiled, load));
  EXPECT_TRUE(same_bits(answer_of(model), answer_at(source_)));
  test::expect_error(Model::load(source_, load), ErrorCode::kInvalidArgument, "expected a compiled model");
  EXPECT_FALSE(fs::exists(folder_ / "cache"));
}

TEST_F(CacheTest, ABadModelIsAnErrorOfTheModel) {
  Cache cache(options());
  test::expect_error(cache.get(folder_ / "none.mlpackage"), ErrorCode::kNotFound, "none.mlpackage");
  WF_ASSERT_OK(write_file(folder_ / "bad.mlmodel", std::string_view("no model")));
  EXPECT_FALSE(cache.get(folder_ / "bad.mlmodel").ok());
  EXPECT_TRUE(fs::is_empty(folder_ / "cache" / "partial"));
  LoadOptions load;
  load.cache = std::make_shared<Cache>(options());
  const auto through = Model::load(folder_ / "bad.mlmodel", load),
             direct = Model::load(folder_ / "bad.mlmodel");
  ASSERT_FALSE(through.ok());
  EXPECT_EQ(through.error().to_string(), direct.error().to_string());
}

TEST_F(CacheTest, AWrongRequestCostsNoEntry) {
  const auto cache = std::make_shared<Cache>(options());
  const CachedModel entry = get(*cache, source_);
  int evictions = 0;
  cache->on_eviction = [&](const Eviction&) { ++evictions; };
  LoadOptions load;
  load.engine = "cpu";
  load.cache = cache;
  load.prepare.function = "none";
  EXPECT_FALSE(Model::load(source_, load).ok());
  EXPECT_EQ(evictions, 0);
  EXPECT_TRUE(fs::exists(entry.path));
}

TEST_F(CacheTest, AFolderThatCannotBeMadeMeansNoCache) {
  WF_ASSERT_OK(write_file(folder_ / "cache", std::string_view("a file is in the way")));
  const auto cache = std::make_shared<Cache>(options());
  expect_answers(cache, CacheOrigin::kUncached);
  EXPECT_FALSE(get(*cache, source_).note.empty());
}

// A file system of its own, of `bytes`; empty where that is not allowed.
class SmallDisk {
 public:
  SmallDisk(fs::path place, int64_t bytes) : place_(std::move(place)) {
    fs::create_directories(place_);
    is_mounted_ = ::mount("none", place_.c_str(), "tmpfs", 0, fmt::format("size={}", bytes).c_str()) == 0;
  }
  ~SmallDisk() {
    if (is_mounted_) ::umount2(place_.c_str(), MNT_DETACH);
  }
  bool is_mounted() const { return is_mounted_; }
  bool make_read_only() const {
    return ::mount("none", place_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  }

 private:
  fs::path place_;
  bool is_mounted_ = false;
};

TEST_F(CacheTest, AReadOnlyCacheIsReadAndNothingElse) {
  const SmallDisk disk(folder_ / "disk", 64 << 20);
  if (!disk.is_mounted()) GTEST_SKIP() << "needs the right to mount";
  CacheOptions there = options();
  there.folder = folder_ / "disk" / "cache";
  expect_answers(std::make_shared<Cache>(there), CacheOrigin::kCompiled);
  ASSERT_TRUE(disk.make_read_only());
  const auto cache = std::make_shared<Cache>(there);
  expect_answers(cache, CacheOrigin::kHit);
  expect_answers(cache, CacheOrigin::kHit);
  const CachedModel other = get(*cache, save_weighted_model(folder_ / "other.mlpackage", 8));
  EXPECT_EQ(name_of(other.origin), name_of(CacheOrigin::kUncached));
  EXPECT_NE(other.note.find("Read-only"), std::string::npos) << other.note;
  EXPECT_EQ(other.path, folder_ / "other.mlpackage");
}

TEST_F(CacheTest, AFullDiskMeansNoCacheAndLeavesNothing) {
  const SmallDisk disk(folder_ / "disk", 64 << 10);
  if (!disk.is_mounted()) GTEST_SKIP() << "needs the right to mount";
  CacheOptions there = options();
  there.folder = folder_ / "disk" / "cache";
  fs::create_directories(there.folder);
  // From nothing left to nearly enough, a page more at a time: every write fails once.
  int uncached = 0;
  for (int64_t left = 0; left <= 48 << 10; left += 4 << 10) {
    SCOPED_TRACE(left);
    struct statvfs space{};
    ASSERT_EQ(::statvfs((folder_ / "disk").c_str(), &space), 0);
    const auto ballast = static_cast<int64_t>(space.f_bavail * space.f_frsize) - left;
    std::ofstream(folder_ / "disk" / "ballast")
        << std::string(static_cast<size_t>(std::max<int64_t>(ballast, 0)), 'x');
    const auto cache = std::make_shared<Cache>(there);
    LoadOptions load;
    load.engine = "cpu";
    load.cache = cache;
    WF_ASSERT_OK_AND_ASSIGN(const Model model, Model::load(source_, load));
    EXPECT_TRUE(same_bits(answer_of(model), answer_at(source_)));
    if (model.cached()->origin == CacheOrigin::kUncached) {
      ++uncached;
      EXPECT_FALSE(model.cached()->note.empty());
      for (const char* name : {"partial", "entries"}) {
        const fs::path place = there.folder / name;
        EXPECT_TRUE(!fs::exists(place) || fs::is_empty(place)) << name;
      }
    } else {
      WF_ASSERT_OK_AND_ASSIGN(const auto damaged, cache->verify());
      EXPECT_TRUE(damaged.empty());
    }
    fs::remove(folder_ / "disk" / "ballast");
    fs::remove_all(there.folder);
  }
  EXPECT_GT(uncached, 2);
}

// The same without the right to mount: no file may grow beyond a size.
TEST_F(CacheTest, AFileThatCannotBeWrittenWholeMeansNoCache) {
  struct rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  const auto cache = std::make_shared<Cache>(options());
  for (const rlim_t most : {rlim_t{0}, rlim_t{100}, rlim_t{1000}, rlim_t{3000}}) {
    const Tensor expected = answer_at(source_);
    struct rlimit limited = before;
    limited.rlim_cur = most;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
    auto found = cache->get(source_);
    ::setrlimit(RLIMIT_FSIZE, &before);
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    EXPECT_EQ(name_of(found->origin), name_of(CacheOrigin::kUncached)) << most;
    EXPECT_TRUE(fs::is_empty(folder_ / "cache" / "entries"));
    EXPECT_TRUE(fs::is_empty(folder_ / "cache" / "partial"));
  }
  std::signal(SIGXFSZ, old);
  expect_answers(cache, CacheOrigin::kCompiled);
}

// Several threads and objects at once: one entry, right answers.
TEST_F(CacheTest, ThreadsShareOneCache) {
  const Tensor expected = answer_at(source_);
  const auto cache = std::make_shared<Cache>(options());
  std::atomic<int> right = 0, compiled = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      LoadOptions load;
      load.engine = "cpu";
      load.cache = cache;
      const auto model = Model::load(source_, load);
      if (!model) return;
      compiled += model->cached()->origin == CacheOrigin::kCompiled;
      right += same_bits(answer_of(*model), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 6);
  EXPECT_EQ(compiled, 1);
}

TEST_F(CacheTest, NotesAreBelievedOnlyWhileNothingChanged) {
  const TreeStamps stamps(folder_ / "stamps");
  fs::create_directories(folder_ / "stamps");
  WF_ASSERT_OK_AND_ASSIGN(TreeStamp stamp, stamp_of(source_));
  stamps.note("kind", source_, stamp, "fresh");
  // Written a moment ago: a change within the clock's step would not show.
  EXPECT_TRUE(stamp.is_settled || stamps.find("kind", source_, stamp) == std::nullopt);
  stamp.is_settled = true;
  stamps.note("kind", source_, stamp, "value");
  EXPECT_EQ(stamps.find("kind", source_, stamp), "value");
  EXPECT_EQ(stamps.find("other", source_, stamp), std::nullopt);
  // From the file, as another process would.
  const fs::path copy = folder_ / "stamps2";
  fs::copy(folder_ / "stamps", copy);
  EXPECT_EQ(TreeStamps(copy).find("kind", source_, stamp), "value");
  const fs::path weights = source_ / "Data" / "com.apple.CoreML" / "weights" / "weight.bin";
  const auto time = fs::last_write_time(weights);
  damage(weights, 200);
  fs::last_write_time(weights, time);
  WF_ASSERT_OK_AND_ASSIGN(const TreeStamp changed, stamp_of(source_));
  EXPECT_EQ(stamps.find("kind", source_, changed), std::nullopt);
  stamps.note("kind", source_, stamp, "late");  // changed while it was read
  EXPECT_EQ(stamps.find("kind", source_, changed), std::nullopt);
}

TEST_F(CacheTest, TheEnvironmentSaysWhereAndHowMuch) {
  std::map<const char*, std::optional<std::string>> before;
  for (const char* name : {"WINDFALL_CACHE_DIR", "XDG_CACHE_HOME", "WINDFALL_CACHE_BYTES"}) {
    const char* value = std::getenv(name);
    before[name] = value ? std::optional<std::string>(value) : std::nullopt;
  }
  const auto set = [](const char* name, const char* value) {
    if (value) {
      ::setenv(name, value, 1);
    } else {
      ::unsetenv(name);
    }
  };
  const auto with = [&](const char* own, const char* xdg, const char* bytes) {
    set("WINDFALL_CACHE_DIR", own);
    set("XDG_CACHE_HOME", xdg);
    set("WINDFALL_CACHE_BYTES", bytes);
    auto options = CacheOptions::from_environment();
    for (const auto& [name, value] : before) set(name, value ? value->c_str() : nullptr);
    return options;
  };
  EXPECT_EQ(with("/a", "/b", nullptr)->folder, "/a");
  EXPECT_EQ(with(nullptr, "/b", nullptr)->folder, "/b/windfall");
  EXPECT_EQ(with(nullptr, "relative", nullptr)->folder.filename(), "windfall");
  EXPECT_EQ(with("/a", nullptr, nullptr)->budget_bytes, int64_t{10} << 30);
  EXPECT_EQ(with("/a", nullptr, "123")->budget_bytes, 123);
  test::expect_error(with("/a", nullptr, "1GB"), ErrorCode::kInvalidArgument, "1GB");
}

}  // namespace
}  // namespace wf::test
