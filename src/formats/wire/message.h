// Protocol-buffer wire format, read in place: a Message is an index over bytes that stay where they are
// (usually in a mapped file), so a 2 GB weight field costs nothing until its elements are read.
//
// Damage is remembered, not returned: every Message of a file shares one WireErrors, accessors of a damaged
// message give defaults, and the reader asks `errors.status()` at the places where it would act on what it
// read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace wf {

class WireErrors {
 public:
  explicit WireErrors(Bytes whole) : whole_(whole) {}
  // Keeps the first error; `at` tells the offset in the file.
  void report(std::string message, const std::byte* at);
  Status status() const { return first_ ? Status(*first_) : Status(); }
  bool ok() const { return !first_.has_value(); }

 private:
  Bytes whole_;
  std::optional<Error> first_;
};

class Message {
 public:
  // An empty message: every field absent.
  Message() = default;
  // Indexes the fields of `bytes`; `errors` must outlive the message.
  Message(Bytes bytes, WireErrors& errors, int depth = 0);

  bool has(uint32_t field) const { return find_last(field) != nullptr; }
  // The last occurrence of the field with the wire type asked for, as the format prescribes; else the
  // default.
  uint64_t u64(uint32_t field, uint64_t fallback = 0) const;
  int64_t i64(uint32_t field, int64_t fallback = 0) const {
    return static_cast<int64_t>(u64(field, static_cast<uint64_t>(fallback)));
  }
  bool flag(uint32_t field) const { return u64(field) != 0; }
  float f32(uint32_t field, float fallback = 0) const;
  double f64(uint32_t field, double fallback = 0) const;
  std::string text(uint32_t field) const;  // checked to be UTF-8
  Bytes bytes(uint32_t field) const;
  Message message(uint32_t field) const;  // an empty message if absent

  // Repeated fields, packed or not, in file order.
  std::vector<uint64_t> u64s(uint32_t field) const;
  std::vector<int64_t> i64s(uint32_t field) const;
  std::vector<float> floats(uint32_t field) const;
  std::vector<double> doubles(uint32_t field) const;
  std::vector<std::string> texts(uint32_t field) const;
  std::vector<Message> messages(uint32_t field) const;
  // How often the field occurs (a packed field counts once): to check a limit before anything is read.
  size_t count(uint32_t field) const;
  // The bytes of a packed field of fixed-size elements where they lie, if they lie in one piece.
  std::optional<Bytes> packed(uint32_t field, size_t element_size) const;

  // The number of the last field present among `fields` (a oneof); 0 if none.
  uint32_t which(std::initializer_list<uint32_t> fields) const;
  // Every field number present, in file order.
  std::vector<uint32_t> fields_present() const;

  Bytes raw() const { return raw_; }
  void report(std::string message) const;  // an error at this message's place

 private:
  enum class Kind : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
  struct Field {
    uint32_t number;
    Kind kind;
    uint64_t number_value;  // varint and fixed
    Bytes payload;          // length-delimited
  };
  void index();
  const Field* find_last(uint32_t field) const;
  const Field* find_last(uint32_t field, Kind kind) const;

  Bytes raw_;
  std::vector<Field> fields_;
  WireErrors* errors_ = nullptr;
  int depth_ = 0;
};

bool is_valid_utf8(std::string_view text);

}  // namespace wf
