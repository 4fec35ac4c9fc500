// The tokens of MIL text, read one after the other with one token of look-ahead beyond the current one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace wf::text {

enum class TokenKind : uint8_t { kName, kNumber, kString, kSymbol, kEnd, kBad };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  bool quoted = false;    // a name in back quotes
  std::string_view text;  // without quotes, escapes not yet resolved
  size_t offset = 0;      // in the source
};

// Types, literals and blocks may nest this deep; deeper is damage or an attack on the stack.
inline constexpr int kMaxDepth = 64;

class Cursor {
 public:
  explicit Cursor(std::string_view source);

  const Token& peek() const { return current_; }
  const Token& peek_second() const { return next_; }
  Token take();

  bool at(std::string_view symbol) const {
    return current_.kind == TokenKind::kSymbol && current_.text == symbol;
  }
  bool second_is(std::string_view symbol) const {
    return next_.kind == TokenKind::kSymbol && next_.text == symbol;
  }
  bool at_word(std::string_view word) const {
    return current_.kind == TokenKind::kName && !current_.quoted && current_.text == word;
  }
  bool accept(std::string_view symbol);
  // `where` tells what is being read: "after the program's version".
  Status expect(std::string_view symbol, std::string_view where);
  Status expect_word(std::string_view word, std::string_view where);
  Result<std::string> expect_name(std::string_view what);
  Result<std::string> expect_string(std::string_view what);

  // Errors with line and column.
  Error unexpected(std::string_view expected) const;  // tells what stands at the current token instead
  Error error_at(size_t offset, std::string message) const;

 private:
  Token scan();
  Token scan_quoted(char quote);

  std::string_view source_;
  size_t position_ = 0;
  Token current_, next_;
};

// A name that needs no quotes.
bool is_plain_name(std::string_view name);
// Appends the text with quotes around it and its special characters escaped.
void append_quoted(std::string& out, std::string_view text, char quote);

}  // namespace wf::text
