// JSON written straight into a text: no tree, so an exception on the way leaves nothing that needs memory to
// be torn down.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace wf::api {

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name) {
    text(name);
    out_ += ':';
    comma_ = false;
    return *this;
  }

  JsonWriter& text(std::string_view value);  // bytes that are no UTF-8 become U+FFFD
  JsonWriter& whole(int64_t value) { return plain(value); }
  JsonWriter& whole(uint64_t value) { return plain(value); }
  JsonWriter& flag(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  // The shortest digits that read back as the same value; "NaN", "Infinity" and "-Infinity" are texts.
  template <class T>
  JsonWriter& number(T value) {
    if (std::isnan(value)) return text("NaN");
    if (std::isinf(value)) return text(value > 0 ? "Infinity" : "-Infinity");
    return plain(value);
  }
  // JSON as it is.
  JsonWriter& raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
  }

  std::string take() { return std::move(out_); }

 private:
  template <class T>
  JsonWriter& plain(T value) {
    separate();
    fmt::format_to(std::back_inserter(out_), "{}", value);
    return *this;
  }
  JsonWriter& open(char bracket) {
    separate();
    out_ += bracket;
    comma_ = false;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    comma_ = true;
    return *this;
  }
  void separate() {
    if (comma_) out_ += ',';
    comma_ = true;
  }

  std::string out_;
  bool comma_ = false;
};

}  // namespace wf::api
