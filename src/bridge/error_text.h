// Core ML's errors in our words. An NSError is a chain: a domain, a code, a text, and often the true reason
// below.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace wf::bridge {

struct NativeError {
  std::string domain;
  int64_t code = 0;
  std::string text;
};

// Outermost first: "com.apple.CoreML 0: Failed to ... <- E5RT -7: ...". Empty and repeated texts are left
// out.
std::string chain_text(const std::vector<NativeError>& chain);

// What to do about codes that people search for; "" where we know nothing.
std::string hint_of(const std::vector<NativeError>& chain);

// Bytes that need not be UTF-8 as UTF-8: each wrong byte becomes U+FFFD.
std::string to_utf8(const char* bytes);

}  // namespace wf::bridge
