#include "predict_options.h"

#include <chrono>

namespace wf::tool {

void PredictOptions::add_to(CLI::App& verb) {
  verb.add_option("model", model, "A .mlmodel, .mlpackage or .mlmodelc")->required();
  verb.add_option("--function", function, "Function of a multifunction model (its default otherwise)");
  verb.add_option("--deadline", deadline_ms, "Stop after this many milliseconds, with exit code 5")
      ->check(CLI::PositiveNumber);
}

InferOptions PredictOptions::infer_options() const {
  InferOptions options;
  if (deadline_ms > 0)
    options.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  options.cancelled = &Session::interrupted();
  return options;
}

std::string engine_names() {
  std::string names;
  for (const InferenceEngine* engine : all_engines())
    names += (names.empty() ? "" : ", ") + std::string(engine->name());
  return names;
}

Result<std::shared_ptr<const ModelFile>> read_model(const std::string& path) {
  WF_TRY(ModelFile file, read_model_file(path));
  return std::make_shared<const ModelFile>(std::move(file));
}

}  // namespace wf::tool
