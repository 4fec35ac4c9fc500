// What a function of a program takes and gives, with what the description adds: images, optional inputs,
// defaults.
#pragma once

#include "program/description.h"
#include "program/program.h"
#include "runtime/engine.h"

namespace wf {

// The function that a request means: "" is the description's default function, or "main".
Result<const Function*> find_function(const ModelFile& file, std::string_view requested);

// The error for a model whose weights were not found; they are named in the file.
Error missing_weights(const ModelFile& file);

// Inputs and states in the function's order, outputs likewise. Every input must be described under the same
// name, and every described output computed.
Result<IoSchema> make_io_schema(const Interface& interface, const Function& function);

// The same of a model without a program: its types are the described ones.
IoSchema make_described_schema(const Interface& interface);
// The described states; make_described_schema() has none.
std::vector<TensorSpec> described_states(const Interface& interface);

}  // namespace wf
