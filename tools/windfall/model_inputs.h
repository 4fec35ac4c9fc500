// A model's inputs from the command line: files, standard input, JSON, or generated values.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/model.h"
#include "session.h"

namespace wf::tool {

struct InputOptions {
  std::vector<std::string> given;  // "NAME=FILE", "NAME=JSON", or "FILE" alone
  std::optional<uint64_t> random_seed;
  std::string resize = "stretch";

  void add_to(CLI::App& verb);
};

// Every input that was given; what is left out and not optional is generated if there is a seed, else an
// error that names it. Pictures of another size than the model's are resized, which is told on standard
// error.
Result<Features> model_inputs(const Model& model, const InputOptions& options, const Session& session);

}  // namespace wf::tool
