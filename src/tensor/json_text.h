// JSON from files nobody vouches for.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/error.h"

namespace wf {

// No exceptions; nesting deeper than `max_depth` and objects that name a key twice are errors.
Result<nlohmann::json> parse_json(std::string_view text, int max_depth);

}  // namespace wf
