// Runs the built command as a user would: through a shell, with its streams apart.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "support/support.h"

namespace wf::test {

struct CommandResult {
  int exit_code = -1;
  std::string out, err;
  nlohmann::json json() const {
    auto parsed = nlohmann::json::parse(out, nullptr, false);
    if (parsed.is_discarded()) ADD_FAILURE() << "standard output is no JSON document:\n" << out;
    return parsed;
  }
};

inline std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

// `arguments` as typed after "windfall"; `input` goes to standard input.
inline CommandResult windfall(const std::string& arguments, const std::string& input = "",
                              const std::filesystem::path& tool = build_folder() / "tools" / "windfall" /
                                                                  "windfall") {
  const std::filesystem::path folder = scratch_folder(
      std::string("cli_") + ::testing::UnitTest::GetInstance()->current_test_info()->name() + "_streams");
  const auto read = [](const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  std::ofstream(folder / "in", std::ios::binary) << input;
  const std::string command = quoted(tool) + " " + arguments + " <" + quoted(folder / "in") + " >" +
                              quoted(folder / "out") + " 2>" + quoted(folder / "err");
  const int status = std::system(command.c_str());
  CommandResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.out = read(folder / "out");
  result.err = read(folder / "err");
  return result;
}

inline std::filesystem::path demo(const std::string& name) { return source_folder() / "demo" / name; }

}  // namespace wf::test
