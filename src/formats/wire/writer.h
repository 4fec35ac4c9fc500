// Writes the protocol-buffer wire format: fields are appended in the order of the calls. Like generated code
// of proto3, the put_* calls leave out a field that has its default value; add_* always write (elements of
// repeated fields, members of a oneof).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"

namespace wf {

class WireWriter {
 public:
  void add_varint(uint32_t field, uint64_t value);
  void add_float(uint32_t field, float value);
  void add_double(uint32_t field, double value);
  void add_bytes(uint32_t field, Bytes value);
  void add_text(uint32_t field, std::string_view value) { add_bytes(field, as_bytes(value)); }

  // Negative numbers take ten bytes, as the format has it for int32 and int64.
  void put_int(uint32_t field, int64_t value) {
    if (value != 0) add_varint(field, static_cast<uint64_t>(value));
  }
  void put_flag(uint32_t field, bool value) {
    if (value) add_varint(field, 1);
  }
  void put_text(uint32_t field, std::string_view value) {
    if (!value.empty()) add_text(field, value);
  }
  // A packed repeated field of varints.
  void put_packed(uint32_t field, std::span<const int64_t> values);

  // A nested message: what fill() writes.
  template <class F>
  void add_message(uint32_t field, F&& fill) {
    const size_t start = begin(field);
    fill();
    end(start);
  }

  size_t size() const { return out_.size(); }
  std::string_view text() const { return out_; }
  Bytes bytes() const { return as_bytes(out_); }

 private:
  void tag(uint32_t field, uint32_t wire_type);
  void varint(uint64_t value);
  size_t begin(uint32_t field);
  void end(size_t start);  // puts the length before what was written since `start`

  std::string out_;
};

}  // namespace wf
