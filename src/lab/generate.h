// Inputs for a model nobody gave any: the same seed gives the same values on every machine.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/error.h"
#include "runtime/model.h"

namespace wf {

enum class FloatValues : uint8_t {
  kNormal,     // N(0, 1)
  kZeroOrOne,  // whole numbers, for models that read floating inputs as indices (an embedding of an old
               // network)
};

// Every input that is not optional. Arrays take their default shape, or the smallest allowed one where there
// is no default, unless `shapes` names another one; integers are 0 or 1 (mostly they are indices), images
// uniform bytes, dictionaries empty.
Result<Features> generate_inputs(const Model& model, uint64_t seed, FloatValues floats = FloatValues::kNormal,
                                 const std::map<std::string, Shape>& shapes = {});

}  // namespace wf
