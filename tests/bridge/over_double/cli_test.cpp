// The command line with the engine coreml, over the double.
#include "cli/command.h"

#include <cstdlib>

namespace wf::test {
namespace {

class CoreMlCommand : public ::testing::Test {
 protected:
  void TearDown() override { ::unsetenv("WINDFALL_DOUBLE"); }
  static CommandResult coreml(const std::string& arguments, const char* script = "") {
    ::setenv("WINDFALL_DOUBLE", script, 1);
    return windfall(arguments, "", WINDFALL_OVER_DOUBLE);
  }
  static std::string digits() { return quoted(demo("digits.mlpackage")); }
};

TEST_F(CoreMlCommand, RunIsWhatTheReferenceSays) {
  const auto ours = coreml("run " + digits() + " --engine coreml --random-inputs 7 --json", "layout=padded");
  ASSERT_EQ(ours.exit_code, 0) << ours.err;
  EXPECT_EQ(ours.json()["engine"], "coreml");
  const auto theirs = coreml("run " + digits() + " --engine reference --random-inputs 7 --json");
  ASSERT_EQ(theirs.exit_code, 0) << theirs.err;
  EXPECT_EQ(ours.json()["outputs"], theirs.json()["outputs"]);
}

TEST_F(CoreMlCommand, RunSaysWhatCoreMlSays) {
  const auto failed = coreml("run " + digits() + " --engine coreml --random-inputs 7", "predict.error=1");
  EXPECT_NE(failed.exit_code, 0);
  EXPECT_NE(failed.err.find("as the script says"), std::string::npos) << failed.err;
  EXPECT_NE(failed.err.find("com.apple.appleneuralengine -14"), std::string::npos) << failed.err;
  const auto fallen =
      coreml("run " + digits() + " --engine auto --random-inputs 7 --json --telemetry", "predict.throw=-1");
  EXPECT_EQ(fallen.exit_code, 0) << fallen.err;
}

TEST_F(CoreMlCommand, CompareAgreesWhateverTheLayout) {
  const auto same = coreml("compare " + digits() + " --engines coreml,reference --json", "layout=transposed");
  ASSERT_EQ(same.exit_code, 0) << same.out << same.err;
  EXPECT_EQ(same.json()["agree"], true);
}

TEST_F(CoreMlCommand, CacheKeepsWhatCoreMlCompiled) {
  const std::filesystem::path folder = scratch_folder("coreml command cache");
  ::setenv("WINDFALL_CACHE_DIR", folder.c_str(), 1);
  for (const char* origin : {"compiled", "hit"}) {
    const auto run = coreml("run " + digits() + " --engine coreml --cache --random-inputs 7 --json");
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_EQ(run.json()["cache"], origin);
  }
  EXPECT_NE(coreml("cache ls --json").out.find(":coreml-"), std::string::npos);
  ::unsetenv("WINDFALL_CACHE_DIR");
}

}  // namespace
}  // namespace wf::test
