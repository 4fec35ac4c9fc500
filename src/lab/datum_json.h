// Values as JSON: tensors as in tensor/tensor_json.h, a dictionary is an object, a sequence an array.
#pragma once

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "program/datum.h"
#include "program/description.h"

namespace wf {

using Json = nlohmann::ordered_json;  // keeps the order things are told in

Json json_of(const Datum& datum);
// NaN and infinities, which JSON lacks, are written "NaN", "Infinity", "-Infinity".
Json json_number(double value);

// What `feature` takes, from JSON. Arrays: nested lists, or a flat list of as many values as the feature has.
Result<Datum> datum_from_json(const nlohmann::json& json, const Feature& feature);

}  // namespace wf
