#include "formats/wire/writer.h"

#include "base/endian.h"

namespace wf {
namespace {

enum : uint32_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };

void append_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

}  // namespace

void WireWriter::varint(uint64_t value) { append_varint(out_, value); }
void WireWriter::tag(uint32_t field, uint32_t wire_type) { varint(uint64_t{field} << 3 | wire_type); }

void WireWriter::add_varint(uint32_t field, uint64_t value) {
  tag(field, kVarint);
  varint(value);
}
void WireWriter::add_float(uint32_t field, float value) {
  tag(field, kFixed32);
  append_little(out_, value);
}
void WireWriter::add_double(uint32_t field, double value) {
  tag(field, kFixed64);
  append_little(out_, value);
}
void WireWriter::add_bytes(uint32_t field, Bytes value) {
  tag(field, kLengthDelimited);
  varint(value.size());
  out_.append(as_text(value));
}

void WireWriter::put_packed(uint32_t field, std::span<const int64_t> values) {
  if (values.empty()) return;
  const size_t start = begin(field);
  for (const int64_t value : values) varint(static_cast<uint64_t>(value));
  end(start);
}

size_t WireWriter::begin(uint32_t field) {
  tag(field, kLengthDelimited);
  return out_.size();
}

// The length is known only now, so what was written moves up by the length's own few bytes.
void WireWriter::end(size_t start) {
  std::string length;
  append_varint(length, out_.size() - start);
  out_.insert(start, length);
}

}  // namespace wf
