// Between Python's values and the library's.
#pragma once

#include <nanobind/nanobind.h>

#include "base/error.h"
#include "runtime/model.h"

namespace wf::python {

// int, bool, float, str, dict, list or tuple of numbers and strings, or an array.
Result<Datum> datum_from_object(nanobind::handle object);
Features features_from_dict(const nanobind::dict& dict);

// Int64, Double and String features become int, float and str, dictionaries dicts, sequences lists, arrays
// and images NumPy arrays.
nanobind::object object_from_datum(Datum datum, const Feature& feature);
nanobind::dict dict_from_features(Features outputs, const Interface& interface);

// Gives the states that show the memory of a caller's array memory of their own.
Status own_states(ModelState& state, const Features& inputs);

}  // namespace wf::python
