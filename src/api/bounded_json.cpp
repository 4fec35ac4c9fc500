#include "api/bounded_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

namespace wf::api {
namespace {

using Json = nlohmann::json;

Error refuse(std::string message, std::string hint = {}) {
  return {ErrorCode::kInvalidArgument, std::move(message), {}, std::move(hint)};
}

}  // namespace

Result<JsonDocument> parse_caller_json(const char* text) {
  const size_t length = ::strnlen(text, kMaxJsonBytes + 1);
  constexpr auto kHint = "name large tensors by a file instead of writing their values";
  if (length > kMaxJsonBytes) return refuse(fmt::format("JSON longer than {} bytes", kMaxJsonBytes), kHint);
  const std::string_view view(text, length);
  // Commas inside of texts count too: an upper bound is all that is needed.
  const auto values = static_cast<size_t>(
      std::ranges::count_if(view, [](char c) { return c == ',' || c == '[' || c == '{'; }));
  if (values > kMaxJsonValues)
    return refuse(fmt::format("JSON of more than {} values", kMaxJsonValues), kHint);
  auto parsed = parse_json(view, kMaxJsonDepth);
  if (!parsed) return refuse(fmt::format("the JSON cannot be read: {}", parsed.error().message));
  return parsed;
}

Status check_object(const Json& value, std::string_view what, std::initializer_list<std::string_view> keys) {
  if (!value.is_object()) return refuse(fmt::format("{} is no JSON object", what));
  for (const auto& [key, unused] : value.items()) {
    if (std::ranges::find(keys, key) == keys.end())
      return refuse(
          fmt::format("{} has an unknown key '{}'; there are: {}", what, key, fmt::join(keys, ", ")));
  }
  return {};
}

const Json* member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

Result<std::string> text_member(const Json& object, const char* key, std::string fallback) {
  const Json* value = member(object, key);
  if (!value) return fallback;
  if (!value->is_string()) return refuse(fmt::format("'{}' is no text", key));
  const auto& text = value->get_ref<const std::string&>();
  if (text.find('\0') != std::string::npos) return refuse(fmt::format("'{}' holds a zero byte", key));
  return text;
}

Result<uint64_t> count_member(const Json& object, const char* key, uint64_t fallback) {
  const Json* value = member(object, key);
  if (!value) return fallback;
  if (!value->is_number_unsigned()) return refuse(fmt::format("'{}' is no whole number from 0 on", key));
  return value->get<uint64_t>();
}

Result<bool> flag_member(const Json& object, const char* key, bool fallback) {
  const Json* value = member(object, key);
  if (!value) return fallback;
  if (!value->is_boolean()) return refuse(fmt::format("'{}' is neither true nor false", key));
  return value->get<bool>();
}

}  // namespace wf::api
