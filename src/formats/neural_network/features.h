// The border of a neural network: the features of its description as inputs and outputs of the program.
#pragma once

#include <span>

#include "formats/neural_network/network.h"
#include "program/description.h"

namespace wf {

// Function inputs, all fp32: arrays in the shape they are declared with (kUnknownSize where flexible), images
// as [1, C, H, W] with values 0..255 in the channel order of their colour space. Defines the blob of each
// input.
Status define_inputs(Network& network, const Interface& interface);

// Scalers and mean images, applied to the image blobs in the order of the file.
Status apply_preprocessing(Network& network, const Interface& interface,
                           std::span<const Message> preprocessing);

// The value that leaves as this feature, fp32 in the shape the feature declares as far as the network gives
// it. Images leave as [1, C, H, W] or [C, H, W] with values 0..255, not clamped nor rounded: the runtime
// makes pixels of them.
Result<ValueId> output_value(Network& network, const Feature& feature);

// Gives the values these names, whatever else has them.
void claim_names(Function& function, const std::vector<ValueId>& values,
                 const std::vector<std::string>& names);

}  // namespace wf
