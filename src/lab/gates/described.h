// Is an answer what the model's description says?
#pragma once

#include <string>

#include "runtime/model.h"

namespace wf {

// What is wrong with the value as one of this feature, or "". Array shapes are equal up to dimensions of size
// 1, which old networks leave to the reader; a shape that may vary is one of those allowed.
std::string trouble_with(const Feature& feature, const Datum& value);

// The same for all outputs: each there once, under its name, and no other.
std::string trouble_with(const Interface& interface, const Features& outputs);

}  // namespace wf
