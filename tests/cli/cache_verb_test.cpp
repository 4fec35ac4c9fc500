// compile, cache and run --cache as a user calls them.
#include "command.h"
#include "small_models.h"

namespace wf::test {
namespace {

class CacheVerbTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = scratch_folder(std::string("cli_cache_") +
                             ::testing::UnitTest::GetInstance()->current_test_info()->name());
    model_ = save_doubling_model(folder_);
    const char* before = std::getenv("WINDFALL_CACHE_DIR");
    before_ = before ? before : "";
    ::setenv("WINDFALL_CACHE_DIR", (folder_ / "cache").c_str(), 1);
  }
  void TearDown() override { ::setenv("WINDFALL_CACHE_DIR", before_.c_str(), 1); }

  std::filesystem::path folder_, model_;
  std::string before_;
};

TEST_F(CacheVerbTest, CompileWritesWhatRunReads) {
  const auto made = windfall("compile " + quoted(model_) + " -o " + quoted(folder_) + " --json");
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const std::filesystem::path compiled = made.json()["out"].get<std::string>();
  EXPECT_EQ(compiled.filename(), "model.mlmodelc");
  const auto ran = windfall("run " + quoted(compiled) + " --precompiled --engine cpu -i x=[1,2] --json");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const auto direct = windfall("run " + quoted(model_) + " --engine cpu -i x=[1,2] --json");
  EXPECT_EQ(ran.json()["outputs"], direct.json()["outputs"]);
  const auto refused = windfall("run " + quoted(model_) + " --precompiled -i x=[1,2]");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("windfall compile"), std::string::npos) << refused.err;
}

TEST_F(CacheVerbTest, RunsThroughTheCache) {
  const std::string run = "run " + quoted(model_) + " --cache --engine cpu -i x=[1,2] --json";
  EXPECT_EQ(windfall(run).json()["cache"], "compiled");
  EXPECT_EQ(windfall(run).json()["cache"], "hit");
}

TEST_F(CacheVerbTest, PrewarmListVerifyCollect) {
  EXPECT_EQ(windfall("cache path").out, (folder_ / "cache").string() + "\n");
  const auto first = windfall("cache prewarm " + quoted(model_) + " --json");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.json()["models"][0]["origin"], "compiled");
  EXPECT_EQ(windfall("cache prewarm " + quoted(model_) + " --json").json()["models"][0]["origin"], "hit");

  const auto listed = windfall("cache ls --json").json();
  ASSERT_EQ(listed["entries"].size(), 1u);
  EXPECT_EQ(listed["entries"][0]["source"], "model.mlpackage");
  EXPECT_EQ(listed["bytes"], listed["entries"][0]["bytes"]);
  EXPECT_NE(windfall("cache ls").out.find("model.mlpackage"), std::string::npos);

  EXPECT_EQ(windfall("cache verify").exit_code, 0);
  const std::filesystem::path entry = listed["entries"][0]["path"].get<std::string>();
  std::ofstream(entry / "model.mil", std::ios::app) << " ";
  const auto verified = windfall("cache verify --json");
  EXPECT_EQ(verified.exit_code, 1);

  EXPECT_EQ(windfall("cache prewarm " + quoted(model_)).exit_code, 0);
  EXPECT_EQ(windfall("cache gc --json").json()["evictions"].size(), 0u);
  const auto emptied = windfall("cache gc --bytes 0 --json").json();
  ASSERT_EQ(emptied["evictions"].size(), 1u);
  EXPECT_EQ(emptied["evictions"][0]["reason"], "budget");
  EXPECT_EQ(windfall("cache ls --json").json()["entries"].size(), 0u);

  EXPECT_EQ(windfall("cache prewarm " + quoted(folder_ / "none.mlpackage")).exit_code, 2);
  EXPECT_EQ(windfall("cache").exit_code, 2);
}

}  // namespace
}  // namespace wf::test
