// BorderAmounts and the padding of convolutions and pools, in the words of MIL.
#pragma once

#include <vector>

#include "formats/neural_network/layer_context.h"

namespace wf {

// [before0, after0, before1, after1, ...] of a BorderAmounts message; zeros if it is absent. Amounts are
// below 2^31.
std::vector<int64_t> border_amounts(LayerContext& context, const Message& border, size_t dimensions);

struct WindowPadding {
  std::string type = "valid";  // or "same", "same_lower", "custom"
  std::vector<int64_t> pad;    // of "custom"
  void add_to(Builder::ArgumentList& arguments) const;
};

// From the `valid` and `same` alternatives of a layer's padding; valid without amounts where neither is set.
WindowPadding window_padding(LayerContext& context, uint32_t valid_field, uint32_t same_field,
                             size_t dimensions);

// The padding of the three-dimensional layers: "custom" with amounts front, back, top, bottom, left, right.
WindowPadding volume_padding(LayerContext& context, uint32_t type_field, uint32_t front_field);

}  // namespace wf
