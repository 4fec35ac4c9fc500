// windfall gate: the verdicts' exit codes and documents. What is measured is tests/lab's business.
#include "cli/command.h"
#include "cli/small_models.h"

namespace wf::test {
namespace {

std::string digits() { return quoted(demo("digits.mlpackage")); }

nlohmann::json check(const nlohmann::json& document, const std::string& name) {
  for (const auto& check : document["checks"]) {
    if (check["name"] == name) return check;
  }
  ADD_FAILURE() << "no check " << name << " in " << document.dump();
  return {};
}

TEST(Gate, AJudgesMemoryAndHits) {
  const CommandResult good = windfall("gate a --json --cycles 5 --warm-up 5 --growth 1000000000 " + digits());
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  EXPECT_EQ(good.json()["schema"], "windfall.gate/1");
  EXPECT_EQ(good.json()["gate"], "a");
  EXPECT_TRUE(good.json()["passed"]);
  EXPECT_EQ(good.json()["measured"]["cycles"], 5);
  EXPECT_EQ(check(good.json(), "resident_growth")["limit"], 1e9);
  EXPECT_TRUE(check(good.json(), "cache_hits")["passed"]);
  const CommandResult direct =
      windfall("gate a --json --no-cache --cycles 5 --growth 1000000000 " + digits());
  EXPECT_EQ(direct.json()["measured"]["cache_hits"], nullptr);
  EXPECT_EQ(windfall("gate a --cycles 5 no-such.mlpackage").exit_code, 2);
}

TEST(Gate, BPassesAModelThatServesAsDescribed) {
  const std::string command = "gate b --runs 5 --late 1000000 ";
  const CommandResult good = windfall(command + "--json --p99 1000000 " + digits());
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  for (const char* name : {"schema", "timeout", "works_after_timeout", "p99", "parity", "breaker_trips"})
    EXPECT_TRUE(check(good.json(), name)["passed"]) << name;
  const CommandResult slow = windfall(command + "--p99 0.000001 " + digits());
  EXPECT_EQ(slow.exit_code, 1);
  EXPECT_NE(slow.out.find("failed  p99"), std::string::npos) << slow.out;
  EXPECT_NE(slow.out.find("gate B: failed"), std::string::npos) << slow.out;
}

TEST(Gate, CTellsWhoServed) {
  const std::string command = "gate c --json --runs 3 --ratio 1000000 --engine auto --baseline reference ";
  const CommandResult good = windfall(command + "--served-by cpu --units cpu_only " + digits());
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  EXPECT_EQ(good.json()["measured"]["served_by"]["cpu on cpu_only"], 3);
  const CommandResult elsewhere = windfall(command + "--served-by reference " + digits());
  EXPECT_EQ(elsewhere.exit_code, 1);
  EXPECT_FALSE(check(elsewhere.json(), "dispatch")["passed"]);
}

TEST(Gate, DSoaksAndKeepsALog) {
  const std::filesystem::path log = scratch_folder("cli_gate_d") / "soak.jsonl";
  const CommandResult good =
      windfall("gate d --json --seconds 0.3 --threads 2 --deadline 1000000 --growth 1e12 --drift 1e9 --log " +
               quoted(log) + " " + digits());
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  EXPECT_GT(good.json()["measured"]["right"], 0);
  std::ifstream lines(log);
  std::string line, last;
  int ticks = 0;
  for (; std::getline(lines, line); last = line) ticks += nlohmann::json::parse(line)["event"] == "tick";
  EXPECT_GT(ticks, 0);
  EXPECT_EQ(nlohmann::json::parse(last)["event"], "verdict");
  EXPECT_TRUE(nlohmann::json::parse(last)["passed"]);
}

TEST(Gate, WhatMakesNoSenseIsUsage) {
  EXPECT_EQ(windfall("gate").exit_code, 2);
  EXPECT_EQ(windfall("gate e " + digits()).exit_code, 2);
  EXPECT_EQ(windfall("gate d --threads 0 " + digits()).exit_code, 2);
  EXPECT_EQ(windfall("gate c --units moon " + digits()).exit_code, 2);
}

}  // namespace
}  // namespace wf::test
