#include "program/opset.h"

#include <array>

namespace wf {
namespace {
struct Row {
  Opset opset;
  std::string_view proto, text;
};
constexpr std::array<Row, 7> kRows = {{{Opset::kIos13, "CoreML3", "ios13"},
                                       {Opset::kIos14, "CoreML4", "ios14"},
                                       {Opset::kIos15, "CoreML5", "ios15"},
                                       {Opset::kIos16, "CoreML6", "ios16"},
                                       {Opset::kIos17, "CoreML7", "ios17"},
                                       {Opset::kIos18, "CoreML8", "ios18"},
                                       {Opset::kIos26, "CoreML9", "ios26"}}};
const Row& row(Opset opset) { return kRows[static_cast<size_t>(opset) - 3]; }
}  // namespace

std::optional<Opset> opset_from_proto_name(std::string_view name) {
  for (const Row& each : kRows) {
    if (each.proto == name) return each.opset;
  }
  return std::nullopt;
}
std::optional<Opset> opset_from_text_name(std::string_view name) {
  for (const Row& each : kRows) {
    if (each.text == name) return each.opset;
  }
  return std::nullopt;
}
std::string_view proto_name(Opset opset) { return row(opset).proto; }
std::string_view text_name(Opset opset) { return row(opset).text; }

}  // namespace wf
