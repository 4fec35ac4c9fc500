#include "tensor/npy_header.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace wf {
namespace {

constexpr size_t kMaxRank = 64;  // NumPy's own limit
constexpr size_t kMaxItemSize = size_t{1} << 24;

struct Row {
  DType dtype;
  std::string_view descr;
};
constexpr Row kRows[] = {
    {DType::kBool, "|b1"},  {DType::kFloat16, "<f2"}, {DType::kFloat32, "<f4"}, {DType::kFloat64, "<f8"},
    {DType::kInt8, "|i1"},  {DType::kInt16, "<i2"},   {DType::kInt32, "<i4"},   {DType::kInt64, "<i8"},
    {DType::kUInt8, "|u1"}, {DType::kUInt16, "<u2"},  {DType::kUInt32, "<u4"},  {DType::kUInt64, "<u8"},
};

Error damaged(std::string message) { return {ErrorCode::kBadModel, "npy header: " + std::move(message)}; }

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  void skip_space() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n' || text_[0] == '\t'))
      text_.remove_prefix(1);
  }
  bool take(char wanted) {
    skip_space();
    if (text_.empty() || text_[0] != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  bool at_end() {
    skip_space();
    return text_.empty();
  }
  std::optional<std::string_view> quoted() {
    skip_space();
    if (text_.empty() || (text_[0] != '\'' && text_[0] != '"')) return std::nullopt;
    const size_t end = text_.find(text_[0], 1);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view inner = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return inner;
  }
  std::optional<int64_t> size() {
    skip_space();
    int64_t value = 0;
    const auto [end, code] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (code != std::errc() || value < 0) return std::nullopt;
    text_.remove_prefix(static_cast<size_t>(end - text_.data()));
    if (text_.starts_with('L')) text_.remove_prefix(1);  // Python 2 wrote long integers so
    return value;
  }
  std::string_view rest() const { return text_.substr(0, 40); }

 private:
  std::string_view text_;
};

Status parse_descr(std::string_view descr, NpyHeader& header) {
  const auto refuse = [&] {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("npy element type '{}': only floats of 16 to 64 bits, integers of 8 to 64 bits, bool and "
                    "fixed-width text are read",
                    descr));
  };
  if (descr.size() < 3 || std::string_view("<>|=").find(descr[0]) == std::string_view::npos) return refuse();
  header.order = descr[0] == '>' ? std::endian::big : std::endian::little;
  if (descr[1] == 'U' || descr[1] == 'S') {
    size_t length = 0;
    const auto [end, code] = std::from_chars(descr.data() + 2, descr.data() + descr.size(), length);
    if (code != std::errc() || end != descr.data() + descr.size() || length == 0 || length > kMaxItemSize)
      return refuse();
    header.dtype = DType::kString;
    header.utf32 = descr[1] == 'U';
    header.item_size = header.utf32 ? length * 4 : length;
    return {};
  }
  for (const Row& row : kRows) {
    if (row.descr.substr(1) != descr.substr(1)) continue;
    header.dtype = row.dtype;
    header.item_size = static_cast<size_t>(bit_width(row.dtype)) / 8;
    return {};
  }
  return refuse();
}

Status parse_shape(Cursor& cursor, Shape& shape) {
  if (!cursor.take('(')) return damaged(fmt::format("expected the shape's '(', found '{}'", cursor.rest()));
  while (!cursor.take(')')) {
    const auto size = cursor.size();
    if (!size) return damaged(fmt::format("expected a size, found '{}'", cursor.rest()));
    if (shape.size() == kMaxRank) return damaged(fmt::format("more than {} dimensions", kMaxRank));
    shape.push_back(*size);
    if (cursor.take(',')) continue;
    if (!cursor.take(')')) return damaged(fmt::format("expected ',' or ')', found '{}'", cursor.rest()));
    break;
  }
  return {};
}

}  // namespace

Result<NpyHeader> parse_npy_header(std::string_view text) {
  NpyHeader header;
  bool has_descr = false, has_order = false, has_shape = false;
  Cursor cursor(text);
  if (!cursor.take('{')) return damaged(fmt::format("expected '{{', found '{}'", cursor.rest()));
  while (!cursor.take('}')) {
    const auto key = cursor.quoted();
    if (!key || !cursor.take(':')) return damaged(fmt::format("expected a key, found '{}'", cursor.rest()));
    if (*key == "descr") {
      const auto descr = cursor.quoted();
      if (!descr) {
        return Error(ErrorCode::kUnsupported,
                     "npy: a structured array; only arrays of plain numbers or text are read");
      }
      WF_CHECK(parse_descr(*descr, header));
      has_descr = true;
    } else if (*key == "fortran_order") {
      header.fortran_order = cursor.take_word("True");
      if (!header.fortran_order && !cursor.take_word("False"))
        return damaged("fortran_order is neither True nor False");
      has_order = true;
    } else if (*key == "shape" && !has_shape) {
      WF_CHECK(parse_shape(cursor, header.shape));
      has_shape = true;
    } else {
      return damaged(fmt::format("unexpected key '{}'", *key));
    }
    if (cursor.take(',')) continue;
    if (!cursor.take('}')) return damaged(fmt::format("expected ',' or '}}', found '{}'", cursor.rest()));
    break;
  }
  if (!cursor.at_end()) return damaged(fmt::format("unexpected '{}' after the dictionary", cursor.rest()));
  if (!has_descr || !has_order || !has_shape) return damaged("needs the keys descr, fortran_order and shape");
  return header;
}

std::string_view npy_descr(DType dtype) {
  for (const Row& row : kRows) {
    if (row.dtype == dtype) return row.descr;
  }
  return {};
}

}  // namespace wf
