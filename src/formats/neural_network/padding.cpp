#include "formats/neural_network/padding.h"

#include <algorithm>

#include "proto/neural_network_layers.h"

namespace wf {
namespace {

constexpr uint64_t kMostPadding = UINT64_C(1) << 31;

int64_t amount(LayerContext& c, uint64_t value) {
  if (value < kMostPadding) return static_cast<int64_t>(value);
  c.builder().fail(c.bad(fmt::format("pads by {}, expected less than 2^31", value)));
  return 0;
}

}  // namespace

std::vector<int64_t> border_amounts(LayerContext& c, const Message& border, size_t dimensions) {
  std::vector<int64_t> amounts;
  for (const Message& edge : border.messages(proto::BorderAmounts::kBorderAmounts)) {
    amounts.push_back(amount(c, edge.u64(proto::EdgeSizes::kStartEdgeSize)));
    amounts.push_back(amount(c, edge.u64(proto::EdgeSizes::kEndEdgeSize)));
  }
  if (amounts.empty()) amounts.assign(2 * dimensions, 0);
  if (amounts.size() != 2 * dimensions) {
    c.builder().fail(c.bad(fmt::format("{} border amounts, expected {}", amounts.size() / 2, dimensions)));
    amounts.assign(2 * dimensions, 0);
  }
  return amounts;
}

void WindowPadding::add_to(Builder::ArgumentList& arguments) const {
  arguments.emplace_back("pad_type", std::string_view(type));
  if (type == "custom") arguments.emplace_back("pad", pad);
}

WindowPadding window_padding(LayerContext& c, uint32_t valid_field, uint32_t same_field, size_t dimensions) {
  if (c.params().has(same_field)) {
    const bool top_left_heavy = c.params().message(same_field).u64(proto::SamePadding::kAsymmetryMode) != 0;
    return {top_left_heavy ? "same_lower" : "same", {}};
  }
  const Message amounts = c.params().message(valid_field).message(proto::ValidPadding::kPaddingAmounts);
  WindowPadding padding{"custom", border_amounts(c, amounts, dimensions)};
  if (std::ranges::all_of(padding.pad, [](int64_t p) { return p == 0; })) padding.type = "valid";
  return padding;
}

WindowPadding volume_padding(LayerContext& c, uint32_t type_field, uint32_t front_field) {
  using Type = proto::Pooling3DLayerParams::Pooling3DPaddingType;
  const auto type = static_cast<Type>(c.params().u64(type_field));
  if (type == Type::kValid) return {"valid", {}};
  if (type == Type::kSame) return {"same", {}};
  WindowPadding padding{"custom", {}};
  for (uint32_t i = 0; i < 6; ++i) padding.pad.push_back(amount(c, c.params().u64(front_field + i)));
  return padding;
}

}  // namespace wf
