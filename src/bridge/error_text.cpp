#include "bridge/error_text.h"

#include <fmt/format.h>

#include <string_view>

#include "base/utf8.h"

namespace wf::bridge {
namespace {

struct KnownCode {
  std::string_view domain;
  int64_t code;
  std::string_view name, hint;
};

// Names: MLModelError in Apple's documentation. Hints: what reports of these codes ended with.
constexpr KnownCode kKnown[] = {
    {"com.apple.CoreML", 0, "generic", ""},
    {"com.apple.CoreML", 1, "featureType", "compare the inputs with what `windfall info` says"},
    {"com.apple.CoreML", 3, "io",
     "the path must name a compiled model (.mlmodelc) that is whole and readable"},
    {"com.apple.CoreML", 4, "customLayer", "the app that owns the model must register its custom layers"},
    {"com.apple.CoreML", 5, "customModel", "the app that owns the model must register its custom model"},
    {"com.apple.CoreML", 6, "update", ""},
    {"com.apple.CoreML", 7, "parameters", ""},
    {"com.apple.CoreML", 8, "modelDecryptionKeyFetch",
     "the key of an encrypted model needs the network once"},
    {"com.apple.CoreML", 9, "modelDecryption", ""},
    {"com.apple.CoreML", 10, "modelCollection", ""},
    {"com.apple.CoreML", 11, "predictionCancelled", ""},
    {"", -14, "", "compute units may be at fault: try cpu_only, then clear the compiled model"},
};

const KnownCode* known(const NativeError& error) {
  for (const KnownCode& each : kKnown) {
    if (each.code == error.code && (each.domain.empty() || each.domain == error.domain)) return &each;
  }
  return nullptr;
}

// Bytes of the well-formed sequence at the front, 0 if there is none.
size_t sequence_length(std::string_view rest) {
  for (size_t length = 1; length <= 4 && length <= rest.size(); ++length) {
    if (decode_utf8(rest.substr(0, length))) return length;
  }
  return 0;
}

}  // namespace

std::string chain_text(const std::vector<NativeError>& chain) {
  std::string out;
  std::string_view above;
  for (const NativeError& error : chain) {
    if (!out.empty()) out += " <- ";
    out += fmt::format("{} {}", error.domain.empty() ? "(no domain)" : error.domain, error.code);
    if (const KnownCode* code = known(error); code && !code->name.empty())
      out += fmt::format(" ({})", code->name);
    if (!error.text.empty() && error.text != above) out += ": " + error.text;
    above = error.text;
  }
  return out.empty() ? "Core ML failed and gave no reason" : out;
}

std::string hint_of(const std::vector<NativeError>& chain) {
  std::string hint;
  for (const NativeError& error : chain) {  // the innermost knows best
    if (const KnownCode* code = known(error); code && !code->hint.empty()) hint = code->hint;
  }
  return hint;
}

std::string to_utf8(const char* bytes) {
  std::string out;
  std::string_view rest(bytes ? bytes : "");
  while (!rest.empty()) {
    const size_t length = sequence_length(rest);
    if (length == 0) {
      append_utf8(out, 0xFFFD);
      rest.remove_prefix(1);
    } else {
      out += rest.substr(0, length);
      rest.remove_prefix(length);
    }
  }
  return out;
}

}  // namespace wf::bridge
