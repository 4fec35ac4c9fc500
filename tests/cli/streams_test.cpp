// What every verb promises: data on standard output, talk on standard error, JSON that parses, exit codes by
// kind.
#include "cli/command.h"

namespace wf::test {
namespace {

TEST(Streams, HelpGoesToStandardOutputAndNamesEveryExitCode) {
  const CommandResult help = windfall("--help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_EQ(help.err, "");
  for (const char* word : {"info", "corpus", "ops", "completion", "0 ok", "5 deadline", "130 Ctrl-C"}) {
    EXPECT_NE(help.out.find(word), std::string::npos) << word;
  }
}

TEST(Streams, UsageErrorsExitTwoAndKeepStandardOutputClean) {
  for (const char* arguments : {"", "nonsense", "info", "ops --no-such-flag", "info no-such-model.mlmodel"}) {
    const CommandResult result = windfall(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_EQ(result.out, "") << arguments;
    EXPECT_NE(result.err, "") << arguments;
  }
}

TEST(Streams, ErrorsAreJsonWhenJsonIsAskedFor) {
  const CommandResult result = windfall("info no-such-model.mlmodel --json");
  EXPECT_EQ(result.exit_code, 2);
  const auto json = result.json();
  EXPECT_EQ(json["schema"], "windfall.error/1");
  EXPECT_EQ(json["error"]["code"], "not_found");
  EXPECT_TRUE(json["error"].contains("message"));
  EXPECT_TRUE(json["error"].contains("hint"));
  EXPECT_EQ(windfall("nonsense --json").json()["error"]["code"], "invalid_argument");
}

TEST(Streams, ADamagedModelExitsThree) {
  const std::filesystem::path folder = scratch_folder("cli_damaged");
  std::ofstream(folder / "model.mlmodel") << "\xff\xff\xff\xff no protobuf";
  const CommandResult result = windfall("info " + quoted(folder / "model.mlmodel"));
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_NE(result.err.find("model.mlmodel"), std::string::npos);
}

TEST(Ops, ListsAndShowsOperations) {
  const auto list = windfall("ops --json").json();
  EXPECT_EQ(list["schema"], "windfall.ops/1");
  EXPECT_GE(list["operations"].size(), 3u);
  const auto one = windfall("ops add --json").json()["operations"];
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0]["since"], "ios15");
  EXPECT_EQ(one[0]["parameters"][0]["name"], "x");
  EXPECT_EQ(windfall("ops no_such_operation").exit_code, 2);
}

TEST(Completion, ScriptsKnowTheVerbsAndTheirOptions) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const CommandResult result = windfall(std::string("completion ") + shell);
    EXPECT_EQ(result.exit_code, 0) << shell;
    for (const char* word : {"info", "corpus", "deadline"}) {
      EXPECT_NE(result.out.find(word), std::string::npos) << shell << " " << word;
    }
  }
  EXPECT_EQ(windfall("completion tcsh").exit_code, 2);
  // What bash itself makes of its script.
  const std::string script =
      "source <(" + quoted(build_folder() / "tools" / "windfall" / "windfall") +
      " completion bash); COMP_WORDS=(windfall co); COMP_CWORD=1; _windfall; echo \"${COMPREPLY[*]}\"";
  const std::filesystem::path out = scratch_folder("cli_completion") / "out";
  std::ofstream(out.string() + ".sh") << script;
  ASSERT_EQ(std::system(
                ("bash " + quoted(std::filesystem::path(out.string() + ".sh")) + " >" + quoted(out)).c_str()),
            0);
  std::ifstream file(out);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "compare corpus compile completion\n");
}

}  // namespace
}  // namespace wf::test
