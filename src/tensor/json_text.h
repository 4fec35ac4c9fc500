// JSON from files nobody vouches for.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace wf {

// What was parsed. The library's own destructor allocates, and ends the process where it cannot; this one
// empties the value from its leaves up, for which no memory is needed.
class JsonDocument {
 public:
  JsonDocument() = default;
  JsonDocument(JsonDocument&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  JsonDocument& operator=(JsonDocument&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~JsonDocument() { empty(value_); }

  const nlohmann::json& operator*() const { return value_; }
  const nlohmann::json* operator->() const { return &value_; }

 private:
  friend Result<JsonDocument> parse_json(std::string_view text, int max_depth);
  static void empty(nlohmann::json& value) noexcept;

  nlohmann::json value_;
};

// No exceptions but std::bad_alloc; nesting deeper than `max_depth` and objects that name a key twice are
// errors.
Result<JsonDocument> parse_json(std::string_view text, int max_depth);

}  // namespace wf
