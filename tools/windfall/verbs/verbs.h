// Every verb of the command: one file each. add_NAME_verb describes its options and what it does with them.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>

#include "session.h"

namespace wf::tool {

void add_info_verb(CLI::App& root, Session& session);
void add_run_verb(CLI::App& root, Session& session);
void add_parity_verb(CLI::App& root, Session& session);
void add_compare_verb(CLI::App& root, Session& session);
void add_golden_verb(CLI::App& root, Session& session);
void add_plan_verb(CLI::App& root, Session& session);
void add_corpus_verb(CLI::App& root, Session& session);
void add_ops_verb(CLI::App& root, Session& session);
void add_save_verb(CLI::App& root, Session& session);
void add_compile_verb(CLI::App& root, Session& session);
void add_cache_verb(CLI::App& root, Session& session);
void add_gate_verb(CLI::App& root, Session& session);
void add_matrix_verb(CLI::App& root, Session& session);
void add_completion_verb(CLI::App& root, Session& session);

// A subcommand with --json, its examples below its help, and its work.
template <class Options>
CLI::App* make_verb(CLI::App& root, Session& session, const std::string& name, const std::string& doc,
                    const std::string& examples, std::shared_ptr<Options> options,
                    Result<int> (*work)(const Options&, Session&)) {
  CLI::App* verb = root.add_subcommand(name, doc);
  verb->footer("Examples:\n" + examples);
  verb->add_flag("--json", session.json, "One JSON document on standard output");
  verb->callback([options, work, &session] { session.finish(work(*options, session)); });
  return verb;
}

}  // namespace wf::tool
