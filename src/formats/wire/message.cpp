#include "formats/wire/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace wf {
namespace {

constexpr int kMaxDepth = 100;  // as Google's parsers
constexpr size_t kMaxFields = size_t{1}
                              << 25;  // of one message: bounds the index of a hostile file to 1.3 GB

// Reads a varint at `at` and moves on; false if it is cut off or longer than 64 bits.
bool read_varint(Bytes bytes, size_t& at, uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (at >= bytes.size()) return false;
    const auto byte = static_cast<uint8_t>(bytes[at++]);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return true;
  }
  return false;
}

template <class T>
T load(Bytes bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

void WireErrors::report(std::string message, const std::byte* at) {
  if (first_) return;
  const bool inside = at >= whole_.data() && at <= whole_.data() + whole_.size();
  first_ = Error(ErrorCode::kBadModel, std::move(message),
                 inside ? fmt::format("byte {}", at - whole_.data()) : "",
                 "the file is damaged or is not what its name says");
}

Message::Message(Bytes bytes, WireErrors& errors, int depth) : raw_(bytes), errors_(&errors), depth_(depth) {
  if (depth > kMaxDepth) {
    report(fmt::format("messages are nested more than {} deep", kMaxDepth));
    return;
  }
  index();
}

void Message::index() {
  const Bytes bytes = raw_;
  const auto damaged = [&](std::string_view what, size_t at) {
    errors_->report(fmt::format("damaged protobuf: {}", what), bytes.data() + at);
    fields_.clear();
  };
  size_t at = 0;
  while (at < bytes.size()) {
    const size_t start = at;
    if (fields_.size() == kMaxFields)
      return damaged(fmt::format("more than {} fields in one message", kMaxFields), start);
    uint64_t tag;
    if (!read_varint(bytes, at, tag)) return damaged("a field tag is cut off", start);
    const uint64_t number = tag >> 3;
    if (number == 0 || number > 0x1fffffff) return damaged("impossible field number", start);
    Field field{static_cast<uint32_t>(number), static_cast<Kind>(tag & 7), 0, {}};
    switch (field.kind) {
      case Kind::kVarint:
        if (!read_varint(bytes, at, field.number_value)) return damaged("a number is cut off", start);
        break;
      case Kind::kFixed64:
        if (bytes.size() - at < 8) return damaged("a number is cut off", start);
        field.number_value = load<uint64_t>(bytes, at);
        at += 8;
        break;
      case Kind::kFixed32:
        if (bytes.size() - at < 4) return damaged("a number is cut off", start);
        field.number_value = load<uint32_t>(bytes, at);
        at += 4;
        break;
      case Kind::kBytes: {
        uint64_t length;
        if (!read_varint(bytes, at, length)) return damaged("a length is cut off", start);
        if (length > bytes.size() - at) {
          return damaged(
              fmt::format("field {} claims {} bytes, {} are left", number, length, bytes.size() - at), start);
        }
        field.payload = bytes.subspan(at, length);
        at += length;
        break;
      }
      default:
        return damaged(fmt::format("wire type {} does not exist", tag & 7), start);
    }
    fields_.push_back(field);
  }
}

const Message::Field* Message::find_last(uint32_t field) const {
  for (size_t i = fields_.size(); i-- > 0;) {
    if (fields_[i].number == field) return &fields_[i];
  }
  return nullptr;
}

const Message::Field* Message::find_last(uint32_t field, Kind kind) const {
  for (size_t i = fields_.size(); i-- > 0;) {
    if (fields_[i].number == field && fields_[i].kind == kind) return &fields_[i];
  }
  return nullptr;
}

uint64_t Message::u64(uint32_t field, uint64_t fallback) const {
  const Field* found = find_last(field, Kind::kVarint);
  return found ? found->number_value : fallback;
}

float Message::f32(uint32_t field, float fallback) const {
  const Field* found = find_last(field, Kind::kFixed32);
  return found ? std::bit_cast<float>(static_cast<uint32_t>(found->number_value)) : fallback;
}

double Message::f64(uint32_t field, double fallback) const {
  const Field* found = find_last(field, Kind::kFixed64);
  return found ? std::bit_cast<double>(found->number_value) : fallback;
}

Bytes Message::bytes(uint32_t field) const {
  const Field* found = find_last(field, Kind::kBytes);
  return found ? found->payload : Bytes();
}

std::string Message::text(uint32_t field) const {
  const Bytes held = bytes(field);
  if (!is_valid_utf8(as_text(held))) {
    errors_->report(fmt::format("field {} is not UTF-8 text", field), held.data());
    return {};
  }
  return std::string(as_text(held));
}

Message Message::message(uint32_t field) const {
  const Field* found = find_last(field, Kind::kBytes);
  return found ? Message(found->payload, *errors_, depth_ + 1) : Message();
}

std::vector<Message> Message::messages(uint32_t field) const {
  std::vector<Message> out;
  for (const Field& each : fields_) {
    if (each.number == field && each.kind == Kind::kBytes)
      out.emplace_back(each.payload, *errors_, depth_ + 1);
  }
  return out;
}

size_t Message::count(uint32_t field) const {
  return static_cast<size_t>(std::ranges::count(fields_, field, &Field::number));
}

std::vector<uint64_t> Message::u64s(uint32_t field) const {
  std::vector<uint64_t> out;
  for (const Field& each : fields_) {
    if (each.number != field) continue;
    if (each.kind == Kind::kVarint) {
      out.push_back(each.number_value);
    } else if (each.kind == Kind::kBytes) {
      size_t at = 0;
      uint64_t value;
      while (at < each.payload.size()) {
        if (!read_varint(each.payload, at, value)) {
          errors_->report("damaged protobuf: a packed number is cut off", each.payload.data());
          return {};
        }
        out.push_back(value);
      }
    }
  }
  return out;
}

std::vector<int64_t> Message::i64s(uint32_t field) const {
  const std::vector<uint64_t> raw = u64s(field);
  return {raw.begin(), raw.end()};
}

std::vector<float> Message::floats(uint32_t field) const {
  std::vector<float> out;
  for (const Field& each : fields_) {
    if (each.number != field) continue;
    if (each.kind == Kind::kFixed32) {
      out.push_back(std::bit_cast<float>(static_cast<uint32_t>(each.number_value)));
    } else if (each.kind == Kind::kBytes) {
      if (each.payload.size() % 4 != 0)
        errors_->report("damaged protobuf: a packed float is cut off", each.payload.data());
      for (size_t at = 0; at + 4 <= each.payload.size(); at += 4)
        out.push_back(load<float>(each.payload, at));
    }
  }
  return out;
}

std::vector<double> Message::doubles(uint32_t field) const {
  std::vector<double> out;
  for (const Field& each : fields_) {
    if (each.number != field) continue;
    if (each.kind == Kind::kFixed64) {
      out.push_back(std::bit_cast<double>(each.number_value));
    } else if (each.kind == Kind::kBytes) {
      if (each.payload.size() % 8 != 0)
        errors_->report("damaged protobuf: a packed double is cut off", each.payload.data());
      for (size_t at = 0; at + 8 <= each.payload.size(); at += 8)
        out.push_back(load<double>(each.payload, at));
    }
  }
  return out;
}

std::vector<std::string> Message::texts(uint32_t field) const {
  std::vector<std::string> out;
  for (const Field& each : fields_) {
    if (each.number != field || each.kind != Kind::kBytes) continue;
    if (!is_valid_utf8(as_text(each.payload))) {
      errors_->report(fmt::format("field {} is not UTF-8 text", field), each.payload.data());
      return {};
    }
    out.emplace_back(as_text(each.payload));
  }
  return out;
}

std::optional<Bytes> Message::packed(uint32_t field, size_t element_size) const {
  const Field* only = nullptr;
  for (const Field& each : fields_) {
    if (each.number != field) continue;
    if (only || each.kind != Kind::kBytes) return std::nullopt;
    only = &each;
  }
  if (!only) return std::nullopt;
  if (only->payload.size() % element_size != 0) {
    errors_->report("damaged protobuf: a packed element is cut off", only->payload.data());
    return std::nullopt;
  }
  return only->payload;
}

uint32_t Message::which(std::initializer_list<uint32_t> fields) const {
  for (size_t i = fields_.size(); i-- > 0;) {
    for (const uint32_t field : fields) {
      if (fields_[i].number == field) return field;
    }
  }
  return 0;
}

std::vector<uint32_t> Message::fields_present() const {
  std::vector<uint32_t> out;
  for (const Field& each : fields_) out.push_back(each.number);
  return out;
}

void Message::report(std::string message) const {
  if (errors_) errors_->report(std::move(message), raw_.data());
}

bool is_valid_utf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const int more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : -1;
    if (more < 0 || i + static_cast<size_t>(more) >= text.size()) return false;
    uint32_t code = more == 0 ? lead : lead & (0x3f >> more);
    for (int k = 1; k <= more; ++k) {
      const auto next = static_cast<uint8_t>(text[i + static_cast<size_t>(k)]);
      if (next >> 6 != 2) return false;
      code = code << 6 | (next & 0x3f);
    }
    constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (code < kLeast[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    i += static_cast<size_t>(more) + 1;
  }
  return true;
}

}  // namespace wf
