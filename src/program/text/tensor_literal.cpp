#include "program/text/tensor_literal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "program/text/scalar.h"

namespace wf::text {
namespace {

class TensorLiteralParser {
 public:
  TensorLiteralParser(Cursor& cursor, const TensorType& type) : cursor_(cursor), type_(type) {}

  Result<Tensor> parse() {
    if (type_.shape) {
      sizes_ = *type_.shape;
    } else {
      Cursor ahead = cursor_;  // a type of unknown rank: count the brackets
      while (ahead.accept("[")) sizes_.push_back(kUnknownSize);
    }
    if (sizes_.size() > kMaxDepth)
      return cursor_.unexpected(fmt::format("at most {} levels of brackets", kMaxDepth));
    WF_CHECK(parse_level(0));
    for (int64_t& size : sizes_) {
      if (size == kUnknownSize) size = 0;  // below a level without elements
    }
    return finish();
  }

 private:
  Status parse_level(size_t level) {
    if (level == sizes_.size()) return parse_element();
    const size_t offset = cursor_.peek().offset;
    WF_CHECK(cursor_.expect("[", fmt::format("to open dimension {} of a {}", level, to_string(type_))));
    int64_t count = 0;
    for (; !cursor_.at("]"); ++count) {
      if (count > 0)
        WF_CHECK(cursor_.expect(",", fmt::format("or ']' in dimension {} of a {}", level, to_string(type_))));
      WF_CHECK(parse_level(level + 1));
    }
    cursor_.take();
    if (sizes_[level] == kUnknownSize) sizes_[level] = count;
    if (count == sizes_[level] || (level == 0 && count == 0 && declares_no_elements())) return {};
    return cursor_.error_at(offset, fmt::format("expected {} items in dimension {} of a {}, found {}",
                                                sizes_[level], level, to_string(type_), count));
  }

  // "[]" stands for every tensor without elements, whatever its sizes.
  bool declares_no_elements() const {
    return type_.is_static() && std::ranges::find(sizes_, 0) != sizes_.end();
  }

  Status parse_element() {
    const Token token = cursor_.peek();
    if (type_.dtype == DType::kString) {
      WF_TRY(std::string text, cursor_.expect_string("a string in quotes"));
      strings_.push_back(std::move(text));
      return {};
    }
    if (token.kind != TokenKind::kNumber && (token.kind != TokenKind::kName || token.quoted)) {
      return cursor_.unexpected(fmt::format("a value of type {}", name_of(type_.dtype)));
    }
    cursor_.take();
    if (is_floating(type_.dtype) && token.text.ends_with("nan") && cursor_.at("(")) return parse_nan_bits();
    auto bits = scalar_bits(type_.dtype, token.text);
    if (!bits) return cursor_.error_at(token.offset, bits.error().message);
    append(*bits);
    return {};
  }

  Status parse_nan_bits() {
    cursor_.take();
    const Token token = cursor_.take();
    const int bits = bit_width(type_.dtype);
    const std::string_view digits = token.text.substr(token.text.starts_with("0x") ? 2 : 0);
    uint64_t value = 0;
    for (const char c : digits) {
      const auto digit = std::string_view("0123456789abcdef").find(c);
      if (digit == std::string_view::npos || value >> (bits - 4) != 0) {
        return cursor_.error_at(token.offset, fmt::format("expected {} bits in hexadecimal digits", bits));
      }
      value = value << 4 | digit;
    }
    append(value);
    return cursor_.expect(")", "after the bits of a NaN");
  }

  // Elements below a byte are packed as tensors keep them: the first one in the lowest bits.
  void append(uint64_t bits) {
    const int width = bit_width(type_.dtype);
    if (width % 8 == 0) {
      const auto* bytes = reinterpret_cast<const std::byte*>(&bits);
      bytes_.insert(bytes_.end(), bytes, bytes + width / 8);
      return;
    }
    for (int i = 0; i < width; ++i, ++bit_count_) {
      if (bit_count_ % 8 == 0) bytes_.push_back(std::byte{0});
      bytes_.back() |= static_cast<std::byte>((bits >> i & 1u) << bit_count_ % 8);
    }
  }

  Result<Tensor> finish() {
    if (type_.dtype == DType::kString) return Tensor::of_strings(sizes_, std::move(strings_));
    WF_TRY(Tensor tensor, Tensor::allocate(type_.dtype, sizes_));
    if (tensor.byte_size() != static_cast<int64_t>(bytes_.size())) {
      return Error(ErrorCode::kInternal,
                   fmt::format("a literal of {} bytes for a {}", bytes_.size(), to_string(type_)));
    }
    if (!bytes_.empty()) std::memcpy(tensor.mutable_bytes().data(), bytes_.data(), bytes_.size());
    return tensor;
  }

  Cursor& cursor_;
  const TensorType& type_;
  Shape sizes_;
  std::vector<std::byte> bytes_;
  std::vector<std::string> strings_;
  size_t bit_count_ = 0;
};

int64_t append_level(std::string& out, const Tensor& tensor, size_t level, int64_t index) {
  if (level == tensor.shape().size()) {
    append_scalar(out, tensor, index);
    return index + 1;
  }
  out += '[';
  for (int64_t i = 0; i < tensor.shape()[level]; ++i) {
    if (i > 0) out += ", ";
    index = append_level(out, tensor, level + 1, index);
  }
  out += ']';
  return index;
}

}  // namespace

Result<Tensor> parse_tensor_literal(Cursor& cursor, const TensorType& type) {
  return TensorLiteralParser(cursor, type).parse();
}

void append_tensor_literal(std::string& out, const Tensor& tensor, const TensorType& type) {
  if (tensor.size() == 0 && type.is_static()) {
    out += "[]";
  } else {
    append_level(out, tensor, 0, 0);
  }
}

}  // namespace wf::text
