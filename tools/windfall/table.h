// Columns of text for people.
#pragma once

#include <string>
#include <vector>

namespace wf::tool {

enum class Align : unsigned char { kLeft, kRight };

class Table {
 public:
  explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // Each line begins with `indent` spaces; the last left-aligned column is not padded.
  std::string to_string(size_t indent = 0) const;

 private:
  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Columns a terminal uses for UTF-8 text without escape sequences: one for each code point.
size_t display_width(const std::string& text);

// "1.4 MB", "812 bytes".
std::string human_bytes(unsigned long long bytes);
// "12 us", "3.4 ms", "1.20 s".
std::string human_ms(double milliseconds);
// "conv x32, pad x24", broken into lines of at most `width` columns.
std::string wrapped(const std::vector<std::string>& words, size_t indent, size_t width = 100);

}  // namespace wf::tool
