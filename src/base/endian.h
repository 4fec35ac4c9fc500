// Numbers in files: little-endian or big-endian, anywhere in a byte range that the caller has checked.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <string>

#include "base/file.h"

namespace wf {

template <class T>
T load_as(Bytes bytes, size_t offset, std::endian order) {
  assert(offset + sizeof(T) <= bytes.size());
  std::array<std::byte, sizeof(T)> raw;
  std::memcpy(raw.data(), bytes.data() + offset, sizeof(T));
  if (order != std::endian::native) std::ranges::reverse(raw);
  return std::bit_cast<T>(raw);
}

template <class T>
T load_little(Bytes bytes, size_t offset) {
  return load_as<T>(bytes, offset, std::endian::little);
}

template <class T>
void append_little(std::string& out, T value) {
  auto raw = std::bit_cast<std::array<char, sizeof(T)>>(value);
  if (std::endian::native != std::endian::little) std::ranges::reverse(raw);
  out.append(raw.data(), raw.size());
}

}  // namespace wf
