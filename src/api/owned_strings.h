// Strings that callers of the C interface own until they hand them back.
#pragma once

#include <string_view>

namespace wf::api {

// The text, NUL-terminated, as well-formed UTF-8 (what is not becomes U+FFFD). Throws std::bad_alloc.
const char* give_string(std::string_view text);

// The words for which no memory is needed; free_string ignores them.
const char* out_of_memory_string();

// Frees what give_string gave; anything else, NULL and strings freed before among it, is left alone. Returns
// whether it was one.
bool free_string(const char* text) noexcept;

}  // namespace wf::api
