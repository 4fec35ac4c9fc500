// WeightParams: float32, float16, or packed integers with a linear or look-up-table quantization.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "formats/wire/message.h"
#include "ops/builder.h"

namespace wf {

// A value of the program with these weights as fp32. Floats stay where they are in the file; halves and
// integers stay as they are stored and are widened by a constexpr operation, except per-channel linear
// quantization, which no operation of this opset expresses exactly: those are decompressed here. A count that
// does not fit `shape` is an error. `channel_axis`: the axis of `shape` that per-channel scales run along.
Result<ValueId> weight_value(Builder& builder, const Message& weight_params, const Shape& shape,
                             size_t channel_axis, std::string_view name,
                             const std::shared_ptr<const void>& owner);

// The same weights decoded, for the few that are rearranged before use (gates of recurrent layers).
Result<std::vector<float>> weight_floats(const Message& weight_params, const Shape& shape,
                                         size_t channel_axis = 0);

// Bytes the weights take in the file.
uint64_t weight_bytes(const Message& weight_params);

}  // namespace wf
