// What a model file holds, read and checked; nothing has run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "classic/model.h"
#include "program/description.h"
#include "program/program.h"

namespace wf {

// Who could supply what a refused part needs.
enum class Supplier : uint8_t {
  kWindfall,  // a version that knows the part, or a file that belongs to the model
  kCaller,    // code of the app the model was made for: whoever loads the model can bring it
  kApple,     // a piece of Apple's systems: no build of Windfall will run it
};

// A type of the format's Model message that is not a tensor program, or a part of one that cannot run here.
struct Refusal {
  std::string what;   // "visionFeaturePrint", "custom layer 'Swish'"
  std::string needs;  // what would be needed to run it
  Supplier supplier = Supplier::kWindfall;

  // The same refusal told of the model that holds the part.
  Refusal at(std::string_view place) const { return {std::string(place) + ": " + what, needs, supplier}; }
};

struct ReadOptions {
  // Weights of a program that lie in files which are not there: an error, or left unknown (to describe a
  // model).
  bool allow_missing_weights = false;
  int links_left = 4;  // how many more times a linked model may lead to another file
};

struct ModelFile {
  std::filesystem::path path;
  std::string container;  // ".mlmodel", ".mlpackage", ".mlmodelc"
  std::string
      type;  // the Model message's alternative: "mlProgram", "neuralNetworkClassifier", "pipeline", ...
  int64_t specification_version = 0;  // 0: the container does not say
  bool updatable = false;
  Description description;
  // Programs and (lowered) neural networks; null for every other type, for a network with parts that cannot
  // run, and for a compiled (espresso) network whose weights are missing.
  std::shared_ptr<const Program> program;
  // Tree ensembles, linear models, steps of feature engineering and their like; null for every other type.
  std::shared_ptr<const ClassicModel> classic;
  // The layer types of a neural network in the file's own words, in order; empty otherwise.
  std::vector<std::string> layer_types;
  std::vector<Refusal> refusals;             // why the model, or a part of it, cannot run
  std::vector<ModelFile> parts;              // of a pipeline, in order; the model that a linked model names
  uint64_t weight_bytes = 0;                 // as stored
  std::vector<std::string> missing_weights;  // files a program names that are not there
  std::vector<std::string> notes;            // oddities worth telling, none of them fatal
};

// Finds the format by looking, then reads: `.mlmodel`, `.mlpackage`, `.mlmodelc` and whatever other folder
// formats/ has.
Result<ModelFile> read_model_file(const std::filesystem::path& path, const ReadOptions& options = {});

// Is there all it takes to run the model? A model of parts runs if all its parts do.
bool can_run(const ModelFile& file);

// One line that says why the model cannot run, or nothing if it can.
std::string refusal_text(const ModelFile& file);

}  // namespace wf
