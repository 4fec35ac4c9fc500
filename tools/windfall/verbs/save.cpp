// save: a model's program, written again: as a package, as one file, or as text to read.
#include "formats/save.h"

#include <fmt/format.h>

#include "predict_options.h"
#include "program/text.h"
#include "verbs/verbs.h"

namespace wf::tool {
namespace {

struct SaveVerbOptions {
  std::string in, out;
};

Result<int> save(const SaveVerbOptions& options, Session& session) {
  WF_TRY(auto file, read_model(options.in));
  if (!file->program) return Error(ErrorCode::kUnsupported, refusal_text(*file)).in_file(options.in);
  const std::string extension = std::filesystem::path(options.out).extension().string();
  if (options.out == "-" || extension == ".mil") {
    const std::string text = print_text(*file->program);
    if (options.out == "-") {
      session.print(text);
      return kOk;
    }
    WF_CHECK(write_file(options.out, text));
  } else if (extension == ".mlpackage") {
    WF_CHECK(save_mlpackage(*file, options.out));
  } else if (extension == ".mlmodel") {
    WF_CHECK(save_mlmodel(*file, options.out));
  } else {
    return Error(ErrorCode::kInvalidArgument, fmt::format("cannot write '{}'", options.out), {},
                 "the name must end in .mlpackage, .mlmodel or .mil; '-' prints text");
  }
  if (session.json) {
    session.print_json("save", {{"out", options.out}});
  } else {
    session.tell("wrote " + options.out);
  }
  return kOk;
}

}  // namespace

void add_save_verb(CLI::App& root, Session& session) {
  auto options = std::make_shared<SaveVerbOptions>();
  CLI::App* verb =
      make_verb(root, session, "save", "Writes a model's program as .mlpackage, .mlmodel or text (.mil)",
                "  windfall save old.mlmodel new.mlpackage\n"
                "  windfall save model.mlpackage - | less",
                options, save);
  verb->add_option("in", options->in, "The model")->required();
  verb->add_option("out", options->out, "Where to: NAME.mlpackage, NAME.mlmodel, NAME.mil, or - for text")
      ->required();
}

}  // namespace wf::tool
