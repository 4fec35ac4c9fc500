// What names a class, a category or an entry of a dictionary: an integer or a text.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "program/datum.h"

namespace wf {

using Key = std::variant<int64_t, std::string>;
using Keys = std::vector<Key>;  // all of one kind

std::string to_string(const Key& key);  // 7, 'text'

// Of a scalar, and back.
Result<Key> key_of(const Datum& value);
Result<Datum> key_scalar(const Key& key);

}  // namespace wf
