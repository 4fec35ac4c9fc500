// compile: a model written as .mlmodelc, with the fast engine's packed weights beside it.
#include "runtime/compile.h"

#include <fmt/format.h>

#include "table.h"
#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct CompileVerbOptions {
  std::string model, out;
  bool no_pack = false;
};

Result<int> compile(const CompileVerbOptions& options, Session& session) {
  namespace fs = std::filesystem;
  const fs::path source = options.model;
  fs::path target = options.out.empty() ? fs::path(".") : fs::path(options.out);
  if (target.extension() != ".mlmodelc") {  // a folder to put it in, as coremlcompiler takes it
    std::error_code code;
    fs::create_directories(target, code);
    const fs::path name = source.has_filename() ? source.filename() : source.parent_path().filename();
    target /= name.stem().string() + ".mlmodelc";
  }
  CompileOptions compile_options;
  compile_options.pack = !options.no_pack;
  WF_TRY(const CompileReport report, compile_model(source, target, compile_options));
  if (session.json) {
    session.print_json("compile", {{"out", report.folder.string()},
                                   {"files", report.files},
                                   {"bytes", report.bytes},
                                   {"packed_bytes", report.packed_bytes}});
  } else {
    session.tell(fmt::format("wrote {}: {}, {} of them packed weights", report.folder.string(),
                             human_bytes(static_cast<uint64_t>(report.bytes)),
                             human_bytes(static_cast<uint64_t>(report.packed_bytes))));
  }
  return kOk;
}

}  // namespace

void add_compile_verb(CLI::App& root, Session& session) {
  auto options = std::make_shared<CompileVerbOptions>();
  CLI::App* verb = make_verb(root, session, "compile", "Writes a model as .mlmodelc, ready to be loaded fast",
                             "  windfall compile model.mlpackage\n"
                             "  windfall compile model.mlpackage -o build/model.mlmodelc",
                             options, compile);
  verb->add_option("model", options->model, "The model")->required();
  verb->add_option("-o,--output", options->out,
                   "NAME.mlmodelc, or the folder to put it in (the current one otherwise)");
  verb->add_flag("--no-pack", options->no_pack, "Without packed weights: smaller, slower to load");
}

}  // namespace wf::tool
