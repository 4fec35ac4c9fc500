// Many processes at one cache, and kill -9 at any moment. The workers are this test program again, started
// anew: a fork of a program with threads is no process like any other.
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "runtime/cache/cache.h"
#include "runtime/compiled_models.h"

extern char** environ;

namespace wf::test {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kModels = 5;
constexpr const char* kFolderVariable = "WINDFALL_TEST_CACHE_FOLDER";
constexpr const char* kSeedVariable = "WINDFALL_TEST_CACHE_SEED";
constexpr const char* kRoundsVariable = "WINDFALL_TEST_CACHE_ROUNDS";

fs::path model_in(const fs::path& folder, uint64_t i) { return folder / fmt::format("m{}.mlpackage", i); }
fs::path answer_in(const fs::path& folder, uint64_t i) { return folder / fmt::format("m{}.answer", i); }

CacheOptions cache_in(const fs::path& folder, int64_t budget) {
  CacheOptions options;
  options.folder = folder / "cache";
  options.budget_bytes = budget;
  options.version_grace = std::chrono::seconds(0);
  options.sweep_interval = std::chrono::seconds(0);
  return options;
}

bool answers_right(const fs::path& folder, const std::shared_ptr<Cache>& cache, uint64_t i) {
  LoadOptions load;
  load.engine = "cpu";
  load.cache = cache;
  const auto model = Model::load(model_in(folder, i), load);
  if (!model) {
    ADD_FAILURE() << model.error().to_string();
    return false;
  }
  const auto expected = read_text_file(answer_in(folder, i));
  const Tensor answer = answer_of(*model);
  return expected && as_text(answer.bytes()) == *expected;
}

// What a worker does, when the variables say that this process is one: compile, find, evict, verify. It ends
// with a failure at the first wrong answer.
TEST(CacheWorker, Works) {
  const char* folder = std::getenv(kFolderVariable);
  if (!folder) GTEST_SKIP() << "part of CacheProcesses";
  SeededRandom random(std::strtoull(std::getenv(kSeedVariable), nullptr, 10));
  const uint64_t rounds = std::strtoull(std::getenv(kRoundsVariable), nullptr, 10);
  for (uint64_t round = 0; round < rounds; ++round) {
    // A new object now and then sweeps as a new process does. The budget holds about two of the models.
    const auto cache = std::make_shared<Cache>(cache_in(folder, 60'000));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(answers_right(folder, cache, random.bits() % kModels));
    const uint64_t chance = random.bits() % 8;
    if (chance == 0) {
      ASSERT_TRUE(cache->collect(0).ok());
    } else if (chance == 1) {
      const auto damaged = cache->verify();
      ASSERT_TRUE(damaged.ok());
      ASSERT_TRUE(damaged->empty()) << damaged->front().reason;
    }
  }
}

class CacheProcesses : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = scratch_folder(std::string("cache_processes_") +
                             ::testing::UnitTest::GetInstance()->current_test_info()->name());
    for (uint64_t i = 0; i < kModels; ++i) {
      save_weighted_model(model_in(folder_, i), 100 + i);
      const Tensor answer = answer_at(model_in(folder_, i));
      WF_ASSERT_OK(write_file(answer_in(folder_, i), answer.bytes()));
    }
  }

  pid_t start(uint64_t seed, uint64_t rounds) const {
    std::vector<std::string> variables;
    for (char** each = environ; *each; ++each) variables.emplace_back(*each);
    variables.push_back(fmt::format("{}={}", kFolderVariable, folder_.string()));
    variables.push_back(fmt::format("{}={}", kSeedVariable, seed));
    variables.push_back(fmt::format("{}={}", kRoundsVariable, rounds));
    variables.emplace_back("WINDFALL_THREADS=1");
    std::vector<char*> pointers;
    for (std::string& each : variables) pointers.push_back(each.data());
    pointers.push_back(nullptr);
    std::string program = "/proc/self/exe", filter = "--gtest_filter=CacheWorker.Works",
                brief = "--gtest_brief=1";
    char* arguments[] = {program.data(), filter.data(), brief.data(), nullptr};
    pid_t pid = -1;
    EXPECT_EQ(::posix_spawn(&pid, program.c_str(), nullptr, nullptr, arguments, pointers.data()), 0);
    return pid;
  }

  // Nothing of the dead is left once somebody swept, no lock is held, every entry is whole and right.
  void expect_sound() const {
    const fs::path root = folder_ / "cache";
    const auto cache = std::make_shared<Cache>(cache_in(folder_, int64_t{1} << 30));
    WF_ASSERT_OK_AND_ASSIGN(const auto damaged, cache->verify());
    EXPECT_TRUE(damaged.empty()) << damaged.front().reason;
    for (const char* name : {"partial", "trash"}) EXPECT_TRUE(fs::is_empty(root / name)) << name;
    for (const auto& lock : fs::directory_iterator(root / "locks")) {
      const auto free = FileLock::acquire(lock.path(), FileLock::Mode::kExclusive);
      ASSERT_TRUE(free.ok());
      EXPECT_TRUE(*free) << "a stale lock: " << lock.path();
    }
    for (uint64_t i = 0; i < kModels; ++i) EXPECT_TRUE(answers_right(folder_, cache, i)) << i;
    WF_ASSERT_OK_AND_ASSIGN(const auto entries, cache->list());
    EXPECT_EQ(entries.size(), kModels);
    WF_ASSERT_OK_AND_ASSIGN(const auto all, cache->collect(0));
    EXPECT_EQ(all.size(), kModels);
    size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      const std::string place = entry.path().lexically_relative(root).begin()->string();
      if (entry.is_regular_file() && place != "stamps") ++files;
    }
    EXPECT_LE(files, 4u);  // the tag, the log and its last one, the lock of the sweep
  }

  fs::path folder_;
};

TEST_F(CacheProcesses, FourAtOnce) {
  std::vector<pid_t> workers;
  for (uint64_t i = 0; i < 4; ++i) workers.push_back(start(i, 8));
  for (const pid_t pid : workers) {
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  expect_sound();
}

// WINDFALL_CACHE_KILLS (20) kills of one of four processes that compile, find and evict without end.
TEST_F(CacheProcesses, KillsAtAnyMomentLeaveNothing) {
  const char* wanted = std::getenv("WINDFALL_CACHE_KILLS");
  const int kills = wanted ? std::atoi(wanted) : 20;
  SeededRandom random(5);
  uint64_t seed = 1000;
  std::vector<pid_t> workers;
  for (int i = 0; i < 4; ++i) workers.push_back(start(seed++, UINT64_MAX));
  for (int i = 0; i < kills; ++i) {
    // Starting takes a while: the next moment is anywhere in what the others, long at work, do.
    std::this_thread::sleep_for(std::chrono::microseconds(10'000 + random.bits() % 90'000));
    pid_t& victim = workers[random.bits() % workers.size()];
    ASSERT_EQ(::kill(victim, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(victim, &status, 0), victim);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "a worker found something wrong";
    victim = start(seed++, UINT64_MAX);
  }
  for (const pid_t pid : workers) {
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "a worker found something wrong";
  }
  expect_sound();
}

}  // namespace
}  // namespace wf::test
