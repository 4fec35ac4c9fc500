// The alternatives of the Model message: what each is called, and what it takes to run it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "formats/mlmodel/classic/readers.h"
#include "formats/model_file.h"

namespace wf {

enum class ModelKind : uint8_t {
  kProgram,        // mlProgram
  kNeuralNetwork,  // neuralNetwork, neuralNetworkClassifier, neuralNetworkRegressor
  kPipeline,       // pipeline, pipelineClassifier, pipelineRegressor
  kClassic,        // trees, linear models, feature engineering: what `read` reads
  kLinked,         // linkedModel
  kOther,          // refused by name
};

struct ModelType {
  uint32_t field;         // in the Model message
  std::string_view name;  // as the format spells it
  ModelKind kind;
  std::string_view needs = {};              // of a refused type: what it would take to run it
  Supplier supplier = Supplier::kWindfall;  // of that
  ClassicReader* read = nullptr;
};

std::span<const ModelType> model_types();

}  // namespace wf
