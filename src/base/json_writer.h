// JSON written straight into a text: no tree, so an exception on the way leaves nothing that needs memory to
// be torn down.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace wf {

class JsonWriter {
 public:
  // `indent`: spaces for each level, a line for each value; 0: all in one line.
  explicit JsonWriter(int indent = 0) : indent_(indent) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name) {
    text(name);
    out_ += indent_ ? ": " : ":";
    after_key_ = true;
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
    ++depth_;
    return *this;
  }
  JsonWriter& close(char bracket) {
    --depth_;
    if (comma_) new_line();  // not in an empty one
    out_ += bracket;
    comma_ = true;
    return *this;
  }
  void separate() {
    if (comma_) out_ += ',';
    comma_ = true;
    if (!std::exchange(after_key_, false) && depth_ > 0) new_line();
  }
  void new_line() {
    if (indent_) out_.append(1, '\n').append(static_cast<size_t>(indent_ * depth_), ' ');
  }

  std::string out_;
  int indent_, depth_ = 0;
  bool comma_ = false, after_key_ = false;
};

}  // namespace wf
