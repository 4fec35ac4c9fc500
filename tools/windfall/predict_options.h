// Options that every verb has that runs a model.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/model.h"
#include "session.h"

namespace wf::tool {

struct PredictOptions {
  std::string model;
  std::string function;
  int64_t deadline_ms = 0;  // 0: none

  void add_to(CLI::App& verb);
  // With the deadline counted from now, and Ctrl-C as the cancel.
  InferOptions infer_options() const;
};

// "reference, reference:exact"
std::string engine_names();

Result<std::shared_ptr<const ModelFile>> read_model(const std::string& path);

}  // namespace wf::tool
