// The opset of a function decides what an operation's name means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wf {

enum class Opset : uint8_t {
  kIos13 = 3,
  kIos14 = 4,
  kIos15 = 5,
  kIos16 = 6,
  kIos17 = 7,
  kIos18 = 8,
  kIos26 = 9
};

// "CoreML7" in protobuf, "ios17" in text.
std::optional<Opset> opset_from_proto_name(std::string_view name);
std::optional<Opset> opset_from_text_name(std::string_view name);
std::string_view proto_name(Opset opset);
std::string_view text_name(Opset opset);

}  // namespace wf
