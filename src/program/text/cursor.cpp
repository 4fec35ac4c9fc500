#include "program/text/cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace wf::text {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
// Bytes of non-ASCII characters count as letters.
bool starts_name(char c) { return is_letter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool continues_name(char c) {
  return starts_name(c) || is_digit(c) || c == '.' || c == '@' || c == '/' || c == ':' || c == '$';
}

Result<std::string> unescaped(const Cursor& cursor, const Token& token) {
  std::string out;
  out.reserve(token.text.size());
  for (size_t i = 0; i < token.text.size(); ++i) {
    if (token.text[i] != '\\') {
      out += token.text[i];
      continue;
    }
    const char escape = token.text[++i];  // the scanner took care that something follows a backslash
    switch (escape) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case '0':
        out += '\0';
        break;
      case '"':
      case '\'':
      case '`':
      case '\\':
        out += escape;
        break;
      case 'x': {
        unsigned value = 0;
        const char* first = token.text.data() + i + 1;
        const char* last = first + std::min<size_t>(2, token.text.size() - i - 1);
        const auto [end, problem] = std::from_chars(first, last, value, 16);
        if (problem != std::errc() || end != first + 2) {
          return cursor.error_at(token.offset, "\\x in a string takes two hexadecimal digits");
        }
        out += static_cast<char>(value);
        i += 2;
        break;
      }
      default:
        return cursor.error_at(token.offset, fmt::format("unknown escape '\\{}' in a string", escape));
    }
  }
  return out;
}

std::string shown(const Token& token) {
  constexpr size_t kShown = 40;
  const std::string text(token.text.substr(0, kShown));
  const char* more = token.text.size() > kShown ? "..." : "";
  switch (token.kind) {
    case TokenKind::kEnd:
      return "the end of the text";
    case TokenKind::kString:
      return fmt::format("the string \"{}{}\"", text, more);
    case TokenKind::kName:
      return fmt::format("the name '{}{}'", text, more);
    case TokenKind::kNumber:
      return fmt::format("the number {}{}", text, more);
    case TokenKind::kSymbol:
      return fmt::format("'{}'", text);
    case TokenKind::kBad:
      return text.size() > 1 ? fmt::format("an unfinished string {}{}", text, more)
                             : fmt::format("the character 0x{:02x}", static_cast<unsigned char>(text[0]));
  }
  return {};
}

}  // namespace

Cursor::Cursor(std::string_view source) : source_(source) {
  current_ = scan();
  next_ = scan();
}

Token Cursor::take() {
  const Token taken = current_;
  current_ = next_;
  next_ = scan();
  return taken;
}

Token Cursor::scan() {
  while (position_ < source_.size() && is_space(source_[position_])) ++position_;
  Token token;
  token.offset = position_;
  if (position_ == source_.size()) return token;
  const auto finish = [&](TokenKind kind, size_t end) {
    token.kind = kind;
    token.text = source_.substr(position_, end - position_);
    position_ = end;
    return token;
  };
  const char c = source_[position_];
  const char after = position_ + 1 < source_.size() ? source_[position_ + 1] : '\0';
  size_t end = position_ + 1;
  if (starts_name(c)) {
    while (end < source_.size() && continues_name(source_[end])) ++end;
    return finish(TokenKind::kName, end);
  }
  if (c == '-' && after == '>') return finish(TokenKind::kSymbol, end + 1);
  if (is_digit(c) || c == '-' || c == '+') {
    const bool hex = source_.substr(position_, 4).find("0x") != std::string_view::npos;
    for (; end < source_.size(); ++end) {
      const char d = source_[end], before = source_[end - 1];
      const bool sign_of_exponent = (d == '-' || d == '+') && (before == 'p' || before == 'P' ||
                                                               (!hex && (before == 'e' || before == 'E')));
      if (!is_letter(d) && !is_digit(d) && d != '.' && !sign_of_exponent) break;
    }
    return finish(TokenKind::kNumber, end);
  }
  if (c == '"' || c == '`') return scan_quoted(c);
  const bool known = std::string_view("()[]{}<>,;=?").find(c) != std::string_view::npos;
  return finish(known ? TokenKind::kSymbol : TokenKind::kBad, end);
}

Token Cursor::scan_quoted(char quote) {
  Token token;
  token.offset = position_;
  size_t end = position_ + 1;
  while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
  if (end >= source_.size()) {
    token.kind = TokenKind::kBad;
    token.text = source_.substr(position_);
    position_ = source_.size();
    return token;
  }
  token.kind = quote == '"' ? TokenKind::kString : TokenKind::kName;
  token.quoted = true;
  token.text = source_.substr(position_ + 1, end - position_ - 1);
  position_ = end + 1;
  return token;
}

bool Cursor::accept(std::string_view symbol) {
  if (!at(symbol)) return false;
  take();
  return true;
}

Status Cursor::expect(std::string_view symbol, std::string_view where) {
  if (accept(symbol)) return {};
  return unexpected(fmt::format("'{}' {}", symbol, where));
}

Status Cursor::expect_word(std::string_view word, std::string_view where) {
  if (!at_word(word)) return unexpected(fmt::format("'{}' {}", word, where));
  take();
  return {};
}

Result<std::string> Cursor::expect_name(std::string_view what) {
  if (current_.kind != TokenKind::kName) return unexpected(what);
  const Token token = take();
  if (!token.quoted) return std::string(token.text);
  return unescaped(*this, token);
}

Result<std::string> Cursor::expect_string(std::string_view what) {
  if (current_.kind != TokenKind::kString) return unexpected(what);
  return unescaped(*this, take());
}

Error Cursor::unexpected(std::string_view expected) const {
  return error_at(current_.offset, fmt::format("expected {}, found {}", expected, shown(current_)));
}

Error Cursor::error_at(size_t offset, std::string message) const {
  const std::string_view before = source_.substr(0, offset);
  const auto line = std::ranges::count(before, '\n') + 1;
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return Error(ErrorCode::kBadModel, std::move(message),
               fmt::format("line {}, column {}", line, offset - line_start + 1));
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && starts_name(name[0]) && std::ranges::all_of(name, continues_name);
}

void append_quoted(std::string& out, std::string_view text, char quote) {
  out += quote;
  for (const char c : text) {
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        if (c == quote) {
          out += '\\';
          out += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += quote;
}

}  // namespace wf::text
