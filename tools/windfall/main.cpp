// windfall: Core ML models on any machine.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>

#include "verbs/verbs.h"

namespace {

using wf::tool::Session;

bool asks_for_json(int count, char** arguments) {
  return std::any_of(arguments + 1, arguments + count,
                     [](std::string_view word) { return word == "--json"; });
}

void add_verbs(CLI::App& app, Session& session) {
  using namespace wf::tool;
  add_info_verb(app, session);
  add_run_verb(app, session);
  add_parity_verb(app, session);
  add_compare_verb(app, session);
  add_plan_verb(app, session);
  add_golden_verb(app, session);
  add_corpus_verb(app, session);
  add_ops_verb(app, session);
  add_save_verb(app, session);
  add_compile_verb(app, session);
  add_cache_verb(app, session);
  add_gate_verb(app, session);
  add_matrix_verb(app, session);
  add_completion_verb(app, session);
}

int run(int count, char** arguments) {
  Session session;
  session.json = asks_for_json(count, arguments);
  CLI::App app("Runs Core ML models (.mlmodel, .mlpackage, .mlmodelc) on any machine.", "windfall");
  app.require_subcommand(1);
  app.set_version_flag("--version", "windfall " WINDFALL_VERSION);
  app.set_help_all_flag("--help-all", "Help of every verb");
  app.footer(
      std::string("First steps:\n"
                  "  windfall info model.mlpackage                     what it takes, gives and holds\n"
                  "  windfall run model.mlpackage --input cat.jpg      its answer\n\n") +
      wf::tool::kExitCodeHelp + "'windfall VERB --help' tells more about a verb.");
  add_verbs(app, session);
  const std::string first = count > 1 ? arguments[1] : "-";
  const auto is_named_so = [&first](const CLI::App* verb) { return verb->check_name(first); };
  if (!first.starts_with('-') && app.get_subcommands(is_named_so).empty()) {
    session.finish(
        wf::Error(wf::ErrorCode::kInvalidArgument, "no verb '" + first + "'", {}, "see windfall --help"));
    return session.exit_code();
  }
  try {
    app.parse(count, arguments);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    session.finish(wf::Error(wf::ErrorCode::kInvalidArgument, error.what(), {}, "see windfall --help"));
    return wf::tool::kUsage;
  }
  // A full disk or a closed pipe must not look like success.
  if (std::fflush(stdout) != 0 && session.exit_code() == wf::tool::kOk) return wf::tool::kEnvironment;
  return session.exit_code();
}

}  // namespace

int main(int count, char** arguments) {
  Session::watch_interrupts();
  try {
    return run(count, arguments);
  } catch (const std::exception& fault) {  // out of memory, or a fault of ours: never a crash without a word
    std::fprintf(stderr, "windfall: %s\n", fault.what());
    return wf::tool::kEnvironment;
  }
}
