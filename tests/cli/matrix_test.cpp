// windfall matrix: exit codes, the archive, and an older program beside this one.
#include "cli/command.h"
#include "cli/small_models.h"

namespace wf::test {
namespace {

std::filesystem::path write_manifest(const std::filesystem::path& folder, const std::string& more = "") {
  std::ofstream(folder / "manifest.json")
      << R"({"runs": 3, "warm_up": 0, "engines": ["cpu", "coreml"], "models": [{"name": "double", "path": "model.mlpackage")" +
             more + "}]}";
  return folder / "manifest.json";
}

TEST(Matrix, ArchivesComparesAndDraws) {
  const auto folder = scratch_folder("cli_matrix");
  save_doubling_model(folder);
  const std::string manifest = quoted(write_manifest(folder));
  const CommandResult first = windfall("matrix --json --stamp 2026-11-21 " + manifest);
  EXPECT_EQ(first.exit_code, 0) << first.out << first.err;
  EXPECT_EQ(first.json()["schema"], "windfall.matrix/1");
  EXPECT_EQ(first.json()["cells"].size(), 2u);
  EXPECT_EQ(first.json()["cells"][0]["status"], "ok");
  EXPECT_TRUE(std::filesystem::exists(folder / "matrix" / "2026-11-21.jsonl"));

  // A tolerance that no machine's mood passes.
  const CommandResult second = windfall("matrix --stamp 2026-11-22T03:00:00Z --tolerance 1e9 " + manifest);
  EXPECT_EQ(second.exit_code, 0) << second.out << second.err;
  EXPECT_NE(second.out.find("of before"), std::string::npos) << second.out;
  EXPECT_TRUE(std::filesystem::exists(folder / "matrix" / "2026-11-22T030000Z.jsonl"));
  const auto read = [&](const char* name) {
    std::ifstream file(folder / "matrix" / name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_NE(read("trend.svg").find("<polyline"), std::string::npos);
  EXPECT_NE(read("latest.md").find("| double/authored/default/cpu/all | ok |"), std::string::npos);
  EXPECT_EQ(windfall("matrix --stamp 2026-11-21 " + manifest).exit_code, 2) << "there is one already";
}

TEST(Matrix, ExitCodesTellSlowerFromWrong) {
  const auto folder = scratch_folder("cli_matrix_codes");
  save_doubling_model(folder);
  std::string manifest = quoted(write_manifest(folder));
  const std::string only = " --only double/authored/default/cpu/all ";
  ASSERT_EQ(windfall("matrix --stamp 2026-11-21 " + manifest).exit_code, 0);
  // As if it had taken next to no time before.
  const auto archive = folder / "matrix" / "2026-11-21.jsonl";
  std::ifstream in(archive);
  std::vector<nlohmann::ordered_json> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::ordered_json::parse(line));
  for (auto& line : lines) {
    if (line.contains("relative")) line["relative"] = 1e-9;
  }
  std::ofstream out(archive);
  for (const auto& line : lines) out << line.dump() << "\n";
  out.close();
  const CommandResult slower = windfall("matrix --json --stamp 2026-11-22" + only + manifest);
  EXPECT_EQ(slower.exit_code, 7) << slower.out << slower.err;
  EXPECT_EQ(slower.json()["regressions"][0], "double/authored/default/cpu/all");
  EXPECT_EQ(windfall("matrix --stamp 2026-11-23 --against /bin/false" + only + manifest).exit_code, 2);
  // This program is its own older one: as fast, within what any machine does.
  const CommandResult paired =
      windfall("matrix --json --stamp 2026-11-23 --tolerance 1e6 --against " +
               quoted(build_folder() / "tools" / "windfall" / "windfall") + only + manifest);
  EXPECT_EQ(paired.exit_code, 0) << paired.out << paired.err;
  EXPECT_EQ(paired.json()["cells"][0]["measurements"], 4);

  manifest = quoted(write_manifest(folder, R"(, "schema_sha256": "0")"));
  const CommandResult wrong = windfall("matrix --json --no-archive " + manifest);
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_EQ(wrong.json()["cells"][0]["status"], "schema_mismatch");
  EXPECT_EQ(wrong.json()["failures"][0], "double/authored/default/cpu/all");
}

TEST(Matrix, WhatMakesNoSense) {
  const auto folder = scratch_folder("cli_matrix_usage");
  save_doubling_model(folder);
  const std::string manifest = quoted(write_manifest(folder));
  EXPECT_EQ(windfall("matrix").exit_code, 2);
  EXPECT_EQ(windfall("matrix no-such.json").exit_code, 2);
  EXPECT_EQ(windfall("matrix --no-archive --only nothing " + manifest).exit_code, 2);
  EXPECT_EQ(windfall("matrix --no-archive --stamp tomorrow " + manifest).exit_code, 2);
  EXPECT_EQ(windfall("matrix --no-archive --runs 0 " + manifest).exit_code, 2);
  std::ofstream(folder / "bad.json") << R"({"models": [], "colour": "red"})";
  EXPECT_EQ(windfall("matrix --no-archive " + quoted(folder / "bad.json")).exit_code, 3);
}

}  // namespace
}  // namespace wf::test
