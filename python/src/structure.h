// The programs of a model file as plain Python values: what its functions are made of.
#pragma once

#include <nanobind/nanobind.h>

#include "formats/model_file.h"

namespace wf::python {

// {"type": ..., "functions": {name: {"inputs": [value], "block": block}}, "parts": [the same of each part]}
// value: (name, shape or None); block: {"inputs": [value], "operations": [...], "outputs": [name]}.
// Neural networks have their functions too: the operations they are lowered to.
nanobind::dict dict_from_structure(const ModelFile& file);

}  // namespace wf::python
