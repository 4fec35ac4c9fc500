// JSON from callers: bounded before it is built.
#pragma once

#include <initializer_list>
#include <string_view>

#include "base/error.h"
#include "tensor/json_text.h"

namespace wf::api {

inline constexpr size_t kMaxJsonBytes = size_t{64} << 20;
inline constexpr size_t kMaxJsonValues = size_t{1} << 22;
inline constexpr int kMaxJsonDepth = 40;

// kInvalidArgument where the text is not JSON, too long, too deep, or of too many values; says which.
Result<JsonDocument> parse_caller_json(const char* text);

// An object with no keys but these; `what` names it in the message.
Status check_object(const nlohmann::json& value, std::string_view what,
                    std::initializer_list<std::string_view> keys);

// The member, or null if there is none.
const nlohmann::json* member(const nlohmann::json& object, const char* key);
// The member as a text or a whole number from 0 on; `fallback` if there is none.
Result<std::string> text_member(const nlohmann::json& object, const char* key, std::string fallback = {});
Result<uint64_t> count_member(const nlohmann::json& object, const char* key, uint64_t fallback);
Result<bool> flag_member(const nlohmann::json& object, const char* key, bool fallback);

}  // namespace wf::api
